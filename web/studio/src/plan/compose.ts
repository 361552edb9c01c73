// A document that makes only some of a plan's changes: what an import with unticked changes sends.
// Before anything is written, the service plans this document too, and the two are compared.
import { isObject } from "./rows.ts";
import type { Change, Match, Resolution } from "./types.ts";

type Json = Record<string, unknown>;

export interface Composed {
  data: Json;
  removeItems: string[];
  /** Whether a null in the data clears the value. */
  clears: boolean;
  /** Whether lists without ids are complete, so that what they lack is removed. */
  replaces: boolean;
  resolutions: ({ path: string } & Resolution)[];
}

const tokensOf = (path: string) =>
  path
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The id by which the service knows an item; credits have the person's id beside it. */
const idName = (list: string) =>
  ["cast", "crew", "directors", "writers", "producers"].includes(list) ? "credit_id" : "id";

/**
 * Composes the document.
 *
 * @param current the data of the document as it is now
 * @param all all changes of the plan, by which positions in the new lists are found
 * @param chosen the changes to make
 * @param matches the plan's names; those in chosen items are resolved as the plan did
 */
export function compose(
  current: Json,
  all: readonly Change[],
  chosen: readonly Change[],
  matches: readonly Match[],
): Composed {
  const composed: Composed = {
    data: {},
    removeItems: [],
    clears: false,
    replaces: false,
    resolutions: [],
  };
  const lists = new Set<string>();
  for (const change of chosen) {
    const [name = "", second] = tokensOf(change.path);
    if (second !== undefined || isOrder(change)) lists.add(name);
    else {
      composed.data[name] = change.after;
      composed.clears ||= change.after === null;
    }
  }
  for (const name of lists) {
    const stored = Array.isArray(current[name]) ? (current[name] as unknown[]) : [];
    const ofList = (change: Change) => tokensOf(change.path)[0] === name;
    const entries = all.filter((change) => ofList(change) && tokensOf(change.path).length === 2);
    const isPlain = [...stored, ...entries.map(({ after }) => after)].some(
      (value) => typeof value === "string",
    );
    if (isPlain) composePlain(composed, name, stored, chosen.filter(ofList));
    else
      composeItems(
        composed,
        name,
        stored.filter(isObject),
        all.filter(ofList),
        chosen.filter(ofList),
        matches,
      );
  }
  return composed;
}

const isOrder = ({ path, before, after }: Change) =>
  tokensOf(path).length === 1 && Array.isArray(before) && Array.isArray(after);

/** A list of names, such as genres: sent whole. */
function composePlain(
  composed: Composed,
  name: string,
  stored: readonly unknown[],
  chosen: readonly Change[],
) {
  const removed = new Set(chosen.filter(({ op }) => op === "REMOVE").map(({ before }) => before));
  const added = chosen.filter(({ op }) => op === "ADD").map(({ after }) => after);
  const order = chosen.find(isOrder)?.after;
  composed.data[name] = Array.isArray(order)
    ? order
    : [...stored.filter((value) => !removed.has(value)), ...added];
  composed.replaces ||= removed.size > 0;
}

function composeItems(
  composed: Composed,
  name: string,
  stored: readonly Json[],
  all: readonly Change[],
  chosen: readonly Change[],
  matches: readonly Match[],
) {
  const idOf = (item: Json) => String(item[idName(name)]);
  const ids = newOrder(stored.map(idOf), all, idName(name));
  const edits = new Map<string, Json>();
  const added: Json[] = [];
  let order: string[] | undefined;
  for (const change of chosen) {
    const [, index, field] = tokensOf(change.path);
    if (isOrder(change)) order = (change.after as unknown[]).map(String);
    else if (field !== undefined) {
      const id = ids[Number(index)];
      if (id === undefined) continue;
      edits.set(id, { ...edits.get(id), [field]: change.after });
      composed.clears ||= change.after === null;
    } else if (change.op === "ADD" && isObject(change.after)) added.push(change.after);
    else if (change.op === "REMOVE" && isObject(change.before))
      composed.removeItems.push(idOf(change.before));
  }
  const sequence = order ?? stored.map(idOf).filter((id) => edits.has(id));
  const items: Json[] = sequence
    .filter((id) => !composed.removeItems.includes(id))
    .map((id) => ({ [idName(name)]: id, ...edits.get(id) }));
  for (const item of added) {
    const rest = Object.fromEntries(
      Object.entries(item).filter(([field]) => field !== idName(name)),
    );
    resolve(composed, `/${name}/${items.length}`, rest, matches);
    items.push(rest);
  }
  composed.data[name] = items;
}

/** The ids of a list after all changes, by position. */
function newOrder(before: readonly string[], all: readonly Change[], idName: string): string[] {
  const removed = new Set<string>();
  const added: [number, string][] = [];
  let kept: readonly string[] = before;
  for (const change of all) {
    const [, index, field] = tokensOf(change.path);
    if (isOrder(change)) kept = (change.after as unknown[]).map(String);
    else if (field !== undefined) continue;
    else if (change.op === "REMOVE" && isObject(change.before))
      removed.add(String(change.before[idName]));
    else if (change.op === "ADD" && isObject(change.after))
      added.push([Number(index), String(change.after[idName])]);
  }
  const order = kept.filter((id) => !removed.has(id));
  for (const [index, id] of added.toSorted(([a], [b]) => a - b)) order.splice(index, 0, id);
  return order;
}

/** The names of an entity and where its id is, in the items of all categories. */
const NAMED = [
  ["name", "id"],
  ["ceremony", "ceremony_id"],
  ["nominee", "nominee_id"],
  ["platform", "platform_id"],
] as const;

/** Takes the ids of entities out of an added item, and has them resolved as the plan did. */
function resolve(composed: Composed, path: string, item: Json, matches: readonly Match[]) {
  for (const [name, id] of NAMED) {
    const match = matches.find(
      ({ given, entityId }) => given === item[name] && entityId !== null && entityId === item[id],
    );
    if (match?.entityId == null) continue;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- one of four known names
    delete item[id];
    const resolution =
      match.decision === "NEW" ? { createNew: true as const } : { entityId: match.entityId };
    composed.resolutions.push({ path: `${path}/${name}`, ...resolution });
  }
}
