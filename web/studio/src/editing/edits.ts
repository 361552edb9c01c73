// The edits of a document, as values: what is in the form, and what it changes.
import type { Category } from "../graphql/generated/graphql.ts";
import { itemIdOf, type Field, type ListField } from "./fields.ts";

export type Item = Readonly<Record<string, unknown>>;
export type Data = Readonly<Record<string, unknown>>;

/** An item of a list in the form. */
export interface Entry {
  /** The id of a stored item, or a made-up key of a new one. */
  key: string;
  item: Item;
  isRemoved: boolean;
}

export interface Edits {
  /** The values of all fields but lists of items, as typed. */
  values: Readonly<Record<string, unknown>>;
  lists: Readonly<Record<string, readonly Entry[]>>;
}

export type EntryState = "same" | "new" | "changed" | "removed";

export function editsOf(category: Category, fields: readonly Field[], data: Data): Edits {
  const values: Record<string, unknown> = {};
  const lists: Record<string, Entry[]> = {};
  for (const field of fields) {
    if (field.kind === "items") {
      lists[field.name] = itemsOf(data, field.name).map((item, at) => ({
        key: keyOf(category, item, at),
        item,
        isRemoved: false,
      }));
    } else values[field.name] = data[field.name] ?? null;
  }
  return { values, lists };
}

const itemsOf = (data: Data, list: string) => (data[list] ?? []) as readonly Item[];

function keyOf(category: Category, item: Item, at: number): string {
  const id = item[itemIdOf(category)];
  return typeof id === "string" ? id : `stored ${at}`;
}

/** A value as the document has it: numbers as numbers, and nothing as null. */
export function normalise(field: Field, raw: unknown): unknown {
  if (raw === null || raw === undefined) return null;
  if (field.kind === "names") {
    const names = (raw as string[]).map((name) => name.trim()).filter((name) => name !== "");
    return names.length === 0 ? null : names;
  }
  if (typeof raw !== "string") return raw;
  if (raw.trim() === "") return null;
  if (field.kind === "number") return /^-?\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : raw;
  const isForm = field.kind === "text" && (field.format ?? field.pattern) !== undefined;
  return isForm ? raw.trim() : raw;
}

/** A value of a field with one line or several, as it is shown in an input. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
}

export function isSame(field: Field, one: unknown, other: unknown): boolean {
  return JSON.stringify(normalise(field, one)) === JSON.stringify(normalise(field, other));
}

/** The stored items of a list, by their keys. */
export function storedItems(
  category: Category,
  list: ListField,
  data: Data,
): ReadonlyMap<string, Item> {
  return new Map(
    itemsOf(data, list.name).map((item, at) => [keyOf(category, item, at), item] as const),
  );
}

export function stateOf(list: ListField, stored: Item | undefined, entry: Entry): EntryState {
  if (entry.isRemoved) return "removed";
  if (stored === undefined) return "new";
  const names = new Set([...Object.keys(stored), ...Object.keys(entry.item)]);
  const byName = new Map(list.fields.map((field) => [field.name, field]));
  for (const name of names) {
    const field = byName.get(name);
    const [before, after] = [stored[name], entry.item[name]];
    if (field === undefined ? (before ?? null) !== (after ?? null) : !isSame(field, before, after))
      return "changed";
  }
  return "same";
}

/** The data of an import that makes these edits: the keys that they change, and no others. */
export function dataOf(
  category: Category,
  fields: readonly Field[],
  data: Data,
  edits: Edits,
): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const field of fields) {
    const { name } = field;
    if (field.kind === "items") {
      const isEdited = editedEntries(category, field, data, edits).length > 0;
      if (isEdited || isReordered(category, field, data, edits)) {
        const stored = storedItems(category, field, data);
        changed[name] = (edits.lists[name] ?? [])
          .filter(({ isRemoved }) => !isRemoved)
          .map(({ key, item }) => itemOf(field, stored.get(key), item));
      }
    } else if (!isSame(field, data[name], edits.values[name])) {
      const value = normalise(field, edits.values[name]);
      changed[name] = value === null && field.kind === "names" ? [] : value;
    }
  }
  return changed;
}

/** The items of a list that differ from what is stored. */
export function editedEntries(
  category: Category,
  list: ListField,
  data: Data,
  edits: Edits,
): Entry[] {
  const stored = storedItems(category, list, data);
  return (edits.lists[list.name] ?? []).filter(
    (entry) => stateOf(list, stored.get(entry.key), entry) !== "same",
  );
}

function isReordered(category: Category, list: ListField, data: Data, edits: Edits): boolean {
  const keys = [...storedItems(category, list, data).keys()];
  return (edits.lists[list.name] ?? []).some(({ key }, at) => key !== keys[at]);
}

/** How many fields and items differ from what is stored; a list in another order counts once. */
export function countChanges(
  category: Category,
  fields: readonly Field[],
  data: Data,
  edits: Edits,
): number {
  let count = 0;
  for (const field of fields) {
    if (field.kind !== "items") {
      if (!isSame(field, data[field.name], edits.values[field.name])) count += 1;
      continue;
    }
    const edited = editedEntries(category, field, data, edits).length;
    count += edited === 0 && isReordered(category, field, data, edits) ? 1 : edited;
  }
  return count;
}

/** An item as it is sent. What was emptied is null, and what never had a value is not named. */
function itemOf(list: ListField, stored: Item | undefined, item: Item): Item {
  const names = new Set(list.fields.map(({ name }) => name));
  const others = Object.entries(item).filter(([name]) => !names.has(name));
  const values = list.fields
    .map((field) => [field.name, normalise(field, item[field.name])] as const)
    .filter(([name, value]) => value !== null || (stored?.[name] ?? null) !== null);
  return Object.fromEntries([...others, ...values]);
}

/** An item without any value, such as one that was added and not filled in. */
export const isBlank = (list: ListField, { item }: Entry) =>
  list.fields.every((field) => normalise(field, item[field.name]) === null);

const inList = (
  edits: Edits,
  list: string,
  change: (entries: readonly Entry[]) => readonly Entry[],
): Edits => ({ ...edits, lists: { ...edits.lists, [list]: change(edits.lists[list] ?? []) } });

export const setValue = (edits: Edits, name: string, value: unknown): Edits => ({
  ...edits,
  values: { ...edits.values, [name]: value },
});

export const setItem = (edits: Edits, list: string, key: string, item: Item): Edits =>
  inList(edits, list, (entries) =>
    entries.map((entry) => (entry.key === key ? { ...entry, item } : entry)),
  );

export const addEntry = (edits: Edits, list: string, key: string): Edits =>
  inList(edits, list, (entries) => [...entries, { key, item: {}, isRemoved: false }]);

/** Removes a new item, or marks a stored one as removed. */
export const removeEntry = (edits: Edits, list: string, key: string, isStored: boolean): Edits =>
  inList(edits, list, (entries) =>
    isStored
      ? entries.map((entry) => (entry.key === key ? { ...entry, isRemoved: true } : entry))
      : entries.filter((entry) => entry.key !== key),
  );

/** An item as it is stored, at the place that it has in the form. */
export const restoreEntry = (edits: Edits, list: string, key: string, stored: Item): Edits =>
  inList(edits, list, (entries) =>
    entries.map((entry) => (entry.key === key ? { key, item: stored, isRemoved: false } : entry)),
  );

/** Moves items before or after another one. In a cast, the billing order follows the list. */
export function moveEntries(
  edits: Edits,
  list: string,
  keys: ReadonlySet<string>,
  target: string,
  place: "before" | "after",
): Edits {
  if (keys.has(target)) return edits;
  return inList(edits, list, (entries) => {
    const moved = entries.filter(({ key }) => keys.has(key));
    const rest = entries.filter(({ key }) => !keys.has(key));
    const at = rest.findIndex(({ key }) => key === target) + (place === "after" ? 1 : 0);
    return renumbered(entries, [...rest.slice(0, at), ...moved, ...rest.slice(at)]);
  });
}

/** If the items were in the order of their numbers, they are so again. */
function renumbered(before: readonly Entry[], after: readonly Entry[]): readonly Entry[] {
  const numberOf = ({ item }: Entry) =>
    typeof item["order"] === "number" ? item["order"] : undefined;
  const numbers = before.map(numberOf).filter((number) => number !== undefined);
  if (numbers.some((number, at) => at > 0 && number < (numbers[at - 1] ?? 0))) return after;
  let next = 0;
  return after.map((entry) => {
    if (numberOf(entry) === undefined) return entry;
    const order = numbers[next++];
    return order === entry.item["order"] ? entry : { ...entry, item: { ...entry.item, order } };
  });
}
