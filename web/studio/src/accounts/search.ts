// What the address of the accounts says: which of them are listed.
import type { UserFilter } from "../graphql/generated/graphql.ts";
import type { Role } from "../session/session.ts";
import { ROLES } from "../session/useSession.ts";

export const STATES = ["active", "disabled"] as const;

export interface AccountsSearch {
  role?: Role;
  state?: (typeof STATES)[number];
}

export function readAccountsSearch(raw: Record<string, unknown>): AccountsSearch {
  const role = ROLES.find((each) => each === raw["role"]);
  const state = STATES.find((each) => each === raw["state"]);
  return {
    ...(role === undefined ? {} : { role }),
    ...(state === undefined ? {} : { state }),
  };
}

export const filterOf = ({ role, state }: AccountsSearch): UserFilter => ({
  ...(role === undefined ? {} : { role }),
  ...(state === undefined ? {} : { isDisabled: state === "disabled" }),
});
