// A plan, sorted for a person who decides: what is a change to take or leave, which of them settle
// a conflict, which wait for an answer.
import type { Change, Conflict, Match, Plan } from "./types.ts";

/** One decision: a change, with the changes that belong to it (an id beside its name). */
export interface ChangeRow {
  /** The same in another plan that has the same change. */
  key: string;
  change: Change;
  companions: Change[];
  /** The field within the item, or undefined for a whole item or a top-level field. */
  field: string | undefined;
  conflict?: Conflict;
}

export interface PlanRows {
  conflicts: ChangeRow[];
  added: ChangeRow[];
  changed: ChangeRow[];
  removed: ChangeRow[];
  /** Conflicts for which no change was found. They cannot be settled here. */
  unmatched: Conflict[];
}

const tokensOf = (path: string) => path.split("/").slice(1);

/** The field of an item that a path leads to: "character" of /cast/0/character. */
export function fieldOf(path: string): string | undefined {
  const tokens = tokensOf(path);
  return tokens.length > 2 ? tokens.at(-1) : undefined;
}

type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value without the ids that the service makes up anew in each plan. */
function stable(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !/^(id|credit_id|.*_id)$/.test(name)),
  );
}

/** Names a change, so that it can be found again in a later plan. */
export function keyOf(change: Change): string {
  const { op, label, path, before, after } = change;
  const place = fieldOf(path) ?? tokensOf(path)[0] ?? "";
  return JSON.stringify([op, label, place, stable(before), stable(after)]);
}

/** The keys of all changes; equal ones are counted. */
export function keysOf(changes: readonly Change[]): string[] {
  const seen = new Map<string, number>();
  return changes.map((change) => {
    const key = keyOf(change);
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return count === 0 ? key : `${key} ${count}`;
  });
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The names that stop a plan until they are answered: those that its errors are about. */
export function openNames(
  plan: Pick<Plan, "matches">,
  errors: readonly { code: string; path: string }[],
): Match[] {
  const paths = new Set(
    errors.filter(({ code }) => code === "AMBIGUOUS_MATCH").map(({ path }) => path),
  );
  return plan.matches.filter(({ decision, path }) => decision === "AMBIGUOUS" && paths.has(path));
}

/** The conflict that each change settles. Each conflict is settled by one change. */
function conflictsOf(plan: Plan): { settled: Map<Change, Conflict>; unmatched: Conflict[] } {
  const settled = new Map<Change, Conflict>();
  const isAbout = (change: Change, conflict: Conflict) =>
    !settled.has(change) &&
    tokensOf(conflict.path)[0] === tokensOf(change.path)[0] &&
    fieldOf(conflict.path) === fieldOf(change.path) &&
    isSame(conflict.current, change.before) &&
    isSame(conflict.imported, change.after);
  let left = [...plan.conflicts];
  // A label has a value of its item in it, such as the text of a fact. If that is what was changed,
  // the labels of the conflict and of the change differ.
  for (const isLabelled of [true, false]) {
    left = left.filter((conflict) => {
      const change = plan.changes.find(
        (each) => isAbout(each, conflict) && (!isLabelled || each.label === conflict.label),
      );
      if (change !== undefined) settled.set(change, conflict);
      return change === undefined;
    });
  }
  return { settled, unmatched: left };
}

export function rowsOf(plan: Plan, open: readonly Match[]): PlanRows {
  const keys = keysOf(plan.changes);
  const isOpen = ({ op, after }: Change) =>
    op === "ADD" &&
    isObject(after) &&
    after["id"] === undefined &&
    open.some(({ given }) => after["name"] === given);
  const changed = new Set(plan.changes.map(({ path }) => path));
  /** The id of an entity, beside its name: it is taken or left with the name. */
  const isCompanion = ({ path }: Change) => path.endsWith("_id") && changed.has(path.slice(0, -3));
  const { settled, unmatched } = conflictsOf(plan);
  const rows: PlanRows = { conflicts: [], added: [], changed: [], removed: [], unmatched };
  plan.changes.forEach((change, at) => {
    if (isOpen(change) || isCompanion(change)) return;
    const field = fieldOf(change.path);
    const companions = plan.changes.filter((each) => each.path === `${change.path}_id`);
    const conflict = settled.get(change);
    const row = { key: keys[at] ?? "", change, companions, field };
    if (conflict !== undefined) rows.conflicts.push({ ...row, conflict });
    else if (change.op === "ADD" && change.before === null && field === undefined)
      rows.added.push(row);
    else if (change.op === "REMOVE" && field === undefined) rows.removed.push(row);
    else rows.changed.push(row);
  });
  return rows;
}

export const allRows = (rows: PlanRows): ChangeRow[] => [
  ...rows.conflicts,
  ...rows.removed,
  ...rows.changed,
  ...rows.added,
];

/** The changes of the rows that were chosen. */
export const changesOf = (rows: readonly ChangeRow[]): Change[] =>
  rows.flatMap(({ change, companions }) => [change, ...companions]);

/** Names the changes of a plan that are not taken, as the option skipChanges does. */
export function skippedPaths(changes: readonly Change[], taken: ReadonlySet<string>): string[] {
  const keys = keysOf(changes);
  return changes
    .filter((_, at) => !taken.has(keys[at] ?? ""))
    .map(({ op, path }) => `${op} ${path}`);
}
