// What the address of the changes says: which of them are listed.
import { CATEGORIES, readCategory } from "../catalogue/categories.ts";
import type { Category, ChangeFilter, ChangeKind } from "../graphql/generated/graphql.ts";
import { changes } from "../messages/en/changes.ts";

export const CHANGE_KINDS = Object.keys(changes.kinds) as ChangeKind[];
export { CATEGORIES };

export interface ChangesSearch {
  kind?: ChangeKind;
  category?: Category;
}

export function readChangesSearch(raw: Record<string, unknown>): ChangesSearch {
  const kind = CHANGE_KINDS.find((each) => each === raw["kind"]);
  const category = typeof raw["category"] === "string" ? readCategory(raw["category"]) : undefined;
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(category === undefined ? {} : { category }),
  };
}

export const filterOf = ({ kind, category }: ChangesSearch): ChangeFilter => ({
  ...(kind === undefined ? {} : { kinds: [kind] }),
  ...(category === undefined ? {} : { categories: [category] }),
});
