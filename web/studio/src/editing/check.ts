// What is wrong with a value by the rules of the schema. The service checks all of it again.
import type { Category } from "../graphql/generated/graphql.ts";
import {
  editedEntries,
  isSame,
  normalise,
  textOf,
  type Data,
  type Edits,
  type Item,
} from "./edits.ts";
import type { Field } from "./fields.ts";

export type Problem =
  | { kind: "required" }
  | { kind: "oneOf"; names: readonly string[] }
  | { kind: "tooLong"; max: number; length: number }
  | { kind: "number"; isInteger: boolean; min: number; max: number }
  | { kind: "date" }
  | { kind: "partialDate" }
  | { kind: "url" }
  | { kind: "form" };

export function problemOf(field: Field, raw: unknown): Problem | null {
  const value = normalise(field, raw);
  if (value === null) return field.isRequired ? { kind: "required" } : null;
  switch (field.kind) {
    case "number": {
      const { isInteger, min, max } = field;
      const isRight =
        typeof value === "number" &&
        value >= min &&
        value <= max &&
        (!isInteger || Number.isInteger(value));
      return isRight ? null : { kind: "number", isInteger, min, max };
    }
    case "text":
      return textProblem(field, textOf(value));
    case "names": {
      const longest = (value as string[]).find((name) => lengthOf(name) > field.maxLength);
      return longest === undefined
        ? null
        : { kind: "tooLong", max: field.maxLength, length: lengthOf(longest) };
    }
    default:
      return null;
  }
}

/** What is wrong with an item, by field. */
export function itemProblems(
  fields: readonly Field[],
  anyOf: readonly string[],
  item: Item,
): ReadonlyMap<string, Problem> {
  const found = new Map<string, Problem>();
  for (const field of fields) {
    const problem = problemOf(field, item[field.name]);
    if (problem !== null) found.set(field.name, problem);
  }
  const asked = fields.filter(({ name }) => anyOf.includes(name));
  if (asked.length > 0 && asked.every((field) => isSame(field, item[field.name], null)))
    for (const name of anyOf) found.set(name, { kind: "oneOf", names: anyOf });
  return found;
}

function textProblem(field: Extract<Field, { kind: "text" }>, value: string): Problem | null {
  const length = lengthOf(value);
  if (field.maxLength !== undefined && length > field.maxLength)
    return { kind: "tooLong", max: field.maxLength, length };
  const text = value.trim();
  if (field.format === "date") return isDate(text) ? null : { kind: "date" };
  if (field.format === "partial-date") return isPartialDate(text) ? null : { kind: "partialDate" };
  if (field.format === "url") return isUrl(text) ? null : { kind: "url" };
  return field.pattern === undefined || field.pattern.test(text) ? null : { kind: "form" };
}

/** In characters, as the service counts them. */
const lengthOf = (text: string) => Array.from(text).length;

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const isPartialDate = (text: string) =>
  /^\d{4}$/.test(text) || /^\d{4}-(0[1-9]|1[0-2])$/.test(text) || isDate(text);

const isUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);

/** How many fields and items that were edited have something wrong with them. */
export function countProblems(
  category: Category,
  fields: readonly Field[],
  data: Data,
  edits: Edits,
): number {
  let count = 0;
  for (const field of fields) {
    if (field.kind !== "items") {
      const value = edits.values[field.name];
      const isEdited = !isSame(field, data[field.name], value);
      if (isEdited && problemOf(field, value) !== null) count += 1;
      continue;
    }
    for (const { item, isRemoved } of editedEntries(category, field, data, edits))
      if (!isRemoved && itemProblems(field.fields, field.anyOf, item).size > 0) count += 1;
  }
  return count;
}
