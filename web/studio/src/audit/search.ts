// What the address of the audit log says: which entries are listed.
import type {
  AuditFilter,
  AuditInterface,
  AuditOperation,
  AuditOutcome,
} from "../graphql/generated/graphql.ts";
import { audit } from "../messages/en/audit.ts";

const keysOf = <Key extends string>(names: Record<Key, string>) => Object.keys(names) as Key[];
export const OPERATIONS = keysOf<AuditOperation>(audit.operations);
export const OUTCOMES = keysOf<AuditOutcome>(audit.outcomes);
export const INTERFACES = keysOf<AuditInterface>(audit.interfaces);

export interface AuditSearch {
  account?: string;
  operation?: AuditOperation;
  outcome?: AuditOutcome;
  via?: AuditInterface;
  address?: string;
  target?: string;
  /** Days, as in 2026-11-30, in the time of the browser. Both count whole. */
  since?: string;
  until?: string;
}

export type AuditChange = { [Key in keyof AuditSearch]?: AuditSearch[Key] | undefined };

const LONGEST = 200;

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.slice(0, LONGEST) : undefined;
}

function day(value: unknown): string | undefined {
  const isDay = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
  return isDay && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** Reads the parameters of an address. What is not understood is left out. */
export function readAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const found: AuditChange = {
    account: text(raw["account"]),
    operation: OPERATIONS.find((each) => each === raw["operation"]),
    outcome: OUTCOMES.find((each) => each === raw["outcome"]),
    via: INTERFACES.find((each) => each === raw["via"]),
    address: text(raw["address"]),
    target: text(raw["target"]),
    since: day(raw["since"]),
    until: day(raw["until"]),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export function filterOf(search: AuditSearch): AuditFilter {
  const { account, operation, outcome, via, address, target, since, until } = search;
  return {
    ...(account === undefined ? {} : { accountId: account }),
    ...(operation === undefined ? {} : { operations: [operation] }),
    ...(outcome === undefined ? {} : { outcomes: [outcome] }),
    ...(via === undefined ? {} : { via }),
    ...(address === undefined ? {} : { address: address.trim() }),
    ...(target === undefined ? {} : { targetId: target.trim() }),
    ...(since === undefined ? {} : { since: startOf(since) }),
    ...(until === undefined ? {} : { until: startOf(until, 1) }),
  };
}

/** When a day begins here, or the day that is `later` days after it. */
export function startOf(date: string, later = 0): string {
  const at = new Date(`${date}T00:00`);
  at.setDate(at.getDate() + later);
  return at.toISOString();
}
