// The fields of a category's document, read from its JSON Schema.
import type { Category } from "../graphql/generated/graphql.ts";

export type Field = { name: string; isRequired: boolean; hint: string } & (
  | {
      kind: "text";
      maxLength?: number;
      pattern?: RegExp;
      format?: "date" | "partial-date" | "url";
    }
  | { kind: "number"; isInteger: boolean; min: number; max: number }
  | { kind: "choice"; values: readonly string[] }
  | { kind: "boolean" }
  | { kind: "names"; maxLength: number }
  | { kind: "items"; fields: readonly Field[]; anyOf: readonly string[] }
);

export type ListField = Extract<Field, { kind: "items" }>;

/** The part of JSON Schema that the service uses. */
interface Schema {
  type?: string | string[];
  enum?: (string | null)[];
  description?: string;
  format?: string;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: { required: string[] }[];
  items?: Schema;
}

/** The name of an entity in an item, and the field that says which entity it is. */
interface EntityField {
  idField: string;
  kind: "person" | "ceremony" | "platform";
}

const CREDIT: Record<string, EntityField> = { name: { idField: "id", kind: "person" } };

/** The names of entities in the items of each category, by field. */
export const ENTITIES: Partial<Record<Category, Record<string, EntityField>>> = {
  CAST_CREW: CREDIT,
  AWARDS: {
    ceremony: { idField: "ceremony_id", kind: "ceremony" },
    nominee: { idField: "nominee_id", kind: "person" },
  },
  STREAMING: { platform: { idField: "platform_id", kind: "platform" } },
};

/** The field with the id of an item. */
export const itemIdOf = (category: Category) => (category === "CAST_CREW" ? "credit_id" : "id");

/** The fields that can be edited, in the order of the schema. */
export function fieldsOf(category: Category, schema: unknown): Field[] {
  const { data } = (schema as Schema).properties ?? {};
  const hidden = new Set(["id", "credit_id"]);
  for (const { idField } of Object.values(ENTITIES[category] ?? {})) hidden.add(idField);
  return objectFields(data ?? {}, hidden);
}

function objectFields(object: Schema, hidden: ReadonlySet<string>): Field[] {
  return Object.entries(object.properties ?? {})
    .filter(([name]) => !hidden.has(name))
    .map(([name, schema]) => ({ ...fieldOf(schema, hidden), name }));
}

function fieldOf(schema: Schema, hidden: ReadonlySet<string>): Field {
  const types = [schema.type ?? []].flat();
  const of = { name: "", hint: hintOf(schema.description ?? "") };
  if (schema.enum !== undefined) {
    const values = schema.enum.filter((value) => value !== null);
    return { ...of, kind: "choice", values, isRequired: !schema.enum.includes(null) };
  }
  const isRequired = !types.includes("null");
  if (types.includes("array")) {
    const items = schema.items ?? {};
    if (items.properties === undefined)
      return { ...of, kind: "names", maxLength: items.maxLength ?? Infinity, isRequired: false };
    const required = new Set(items.required ?? []);
    const fields = objectFields(items, hidden).map((field) => ({
      ...field,
      isRequired: required.has(field.name),
    }));
    const anyOf = (items.anyOf ?? []).flatMap(({ required: names }) => names);
    return { ...of, kind: "items", fields, anyOf, isRequired: false };
  }
  if (types.includes("boolean")) return { ...of, kind: "boolean", isRequired };
  if (types.includes("integer") || types.includes("number")) {
    const { minimum: min = -Infinity, maximum: max = Infinity } = schema;
    return { ...of, kind: "number", isInteger: types.includes("integer"), min, max, isRequired };
  }
  const format = formatOf(schema);
  return {
    ...of,
    kind: "text",
    isRequired,
    ...(schema.maxLength === undefined ? {} : { maxLength: schema.maxLength }),
    ...(schema.pattern === undefined ? {} : { pattern: new RegExp(schema.pattern, "u") }),
    ...(format === undefined ? {} : { format }),
  };
}

/** A description without the sentences that are for those who write programs or files. */
export const hintOf = (description: string): string =>
  description
    .replace(/\s+/g, " ")
    .split(/(?<=\.)\s+(?=[A-Z])/)
    .filter((sentence) => !/\b[Nn]ull\b|GraphQL|\bimport\b|`/.test(sentence))
    .join(" ")
    .trim();

const PARTIAL_DATE = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$";

function formatOf({ format, pattern }: Schema) {
  if (format === "date") return "date";
  if (format === "uri") return "url";
  return pattern === PARTIAL_DATE ? "partial-date" : undefined;
}
