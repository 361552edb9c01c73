import { describe, expect, test } from "vitest";
import { countProblems, itemProblems, problemOf } from "./check.ts";
import {
  addEntry,
  countChanges,
  dataOf,
  editsOf,
  moveEntries,
  removeEntry,
  restoreEntry,
  setItem,
  setValue,
  type Edits,
} from "./edits.ts";
import { fieldsOf, hintOf, type Field, type ListField } from "./fields.ts";

const text = { type: ["string", "null"], maxLength: 10 };
const schemaOf = (properties: object) => ({ properties: { data: { properties } } });

const BASIC = fieldsOf(
  "BASIC_INFO",
  schemaOf({
    title: { type: "string", maxLength: 5, description: "The title." },
    runtime: { type: ["integer", "null"], minimum: 1, maximum: 600 },
    imdb_id: { type: ["string", "null"], pattern: "^tt[0-9]{7,10}$" },
    release_date: { type: ["string", "null"], format: "date" },
    status: { enum: ["released", null] },
    genres: { type: "array", items: { type: "string", maxLength: 5 } },
  }),
);
const CAST = fieldsOf(
  "CAST_CREW",
  schemaOf({
    cast: {
      type: "array",
      items: {
        required: ["name"],
        properties: {
          id: text,
          credit_id: text,
          name: text,
          character: text,
          order: { type: ["integer", "null"], minimum: 0, maximum: 99 },
        },
      },
    },
    crew: { type: "array", items: { properties: { name: text } } },
  }),
);
const TRIVIA = fieldsOf(
  "TRIVIA",
  schemaOf({
    items: {
      type: "array",
      items: {
        properties: { id: text, text, question: text },
        anyOf: [{ required: ["text"] }, { required: ["question"] }],
      },
    },
  }),
);

const credit = (id: string, order: number | null) => ({
  id: `person-${id}`,
  credit_id: id,
  name: id,
  character: "X",
  order,
});
const data = { cast: [credit("a", 0), credit("b", 1), credit("c", 2)], crew: [] };
const cast = editsOf("CAST_CREW", CAST, data);
const changesOf = (edits: Edits) => dataOf("CAST_CREW", CAST, data, edits);
const field = (name: string) => BASIC.find((each) => each.name === name) as Field;

describe("fields", () => {
  test("come from the schema, without ids", () => {
    expect(BASIC.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "title text",
      "runtime number",
      "imdb_id text",
      "release_date text",
      "status choice",
      "genres names",
    ]);
    const [list] = CAST as ListField[];
    expect(list?.fields.map(({ name, isRequired }) => [name, isRequired])).toEqual([
      ["name", true],
      ["character", false],
      ["order", false],
    ]);
  });
});

test("hints leave out what is for programs", () => {
  const text = "The year, for example 1999. In GraphQL, it is a number. Null if unknown.";
  expect(hintOf(text)).toBe("The year, for example 1999.");
  expect(hintOf("The person's id.\n Omit it in an import to find it by name.")).toBe(
    "The person's id.",
  );
});

describe("what is sent", () => {
  const stored = { title: "One", runtime: 90, genres: ["Drama"] };
  const edits = editsOf("BASIC_INFO", BASIC, stored);
  const sent = (edited: Edits) => dataOf("BASIC_INFO", BASIC, stored, edited);

  test("is nothing without edits, also if a number was typed again", () => {
    expect(sent(edits)).toEqual({});
    expect(sent(setValue(edits, "runtime", "90"))).toEqual({});
    expect(sent(setValue(edits, "imdb_id", "  "))).toEqual({});
  });

  test("is what was changed: numbers as numbers, and null for what was emptied", () => {
    expect(sent(setValue(edits, "runtime", "91"))).toEqual({ runtime: 91 });
    expect(sent(setValue(edits, "runtime", ""))).toEqual({ runtime: null });
    expect(sent(setValue(edits, "genres", []))).toEqual({ genres: [] });
    expect(countChanges("BASIC_INFO", BASIC, stored, setValue(edits, "title", "Two"))).toBe(1);
  });

  test("is the whole list in which something changed, and no other list", () => {
    const edited = setItem(cast, "cast", "b", { ...credit("b", 1), character: "" });
    expect(changesOf(edited)).toEqual({
      cast: [credit("a", 0), { ...credit("b", 1), character: null }, credit("c", 2)],
    });
    expect(changesOf(setItem(edited, "cast", "b", credit("b", 1)))).toEqual({});
  });

  test("leaves out removed items, until they are restored", () => {
    const removed = removeEntry(cast, "cast", "b", true);
    expect(changesOf(removed)).toEqual({ cast: [credit("a", 0), credit("c", 2)] });
    expect(changesOf(restoreEntry(removed, "cast", "b", credit("b", 1)))).toEqual({});
  });

  test("has new items without the keys that were not filled in", () => {
    const added = setItem(addEntry(cast, "crew", "new"), "crew", "new", { name: "D" });
    expect(changesOf(added)).toEqual({ crew: [{ name: "D" }] });
    expect(changesOf(removeEntry(added, "crew", "new", false))).toEqual({});
  });
});

describe("moving", () => {
  const names = (edits: Edits) => edits.lists["cast"]?.map(({ key }) => key).join("");
  const orders = (edits: Edits) => edits.lists["cast"]?.map(({ item }) => item["order"]);

  test("keeps the billing positions in the order of the list", () => {
    const moved = moveEntries(cast, "cast", new Set(["c"]), "a", "before");
    expect(names(moved)).toBe("cab");
    expect(orders(moved)).toEqual([0, 1, 2]);
    expect(names(moveEntries(moved, "cast", new Set(["c", "a"]), "b", "after"))).toBe("bca");
    expect(moveEntries(cast, "cast", new Set(["a"]), "a", "after")).toBe(cast);
  });

  test("leaves positions alone that had another order", () => {
    const other = { cast: [credit("a", 5), credit("b", null), credit("c", 1)] };
    const moved = moveEntries(
      editsOf("CAST_CREW", CAST, other),
      "cast",
      new Set(["c"]),
      "a",
      "before",
    );
    expect(orders(moved)).toEqual([1, 5, null]);
  });

  test("counts as one change", () => {
    const list = { crew: [{ credit_id: "a" }, { credit_id: "b" }] };
    const edits = editsOf("CAST_CREW", CAST, list);
    const moved = moveEntries(edits, "crew", new Set(["b"]), "a", "before");
    expect(countChanges("CAST_CREW", CAST, list, moved)).toBe(1);
  });
});

describe("what is wrong", () => {
  test.each([
    ["title", "", "required"],
    ["title", "Longer", "tooLong"],
    ["title", "😀😀😀😀😀", null],
    ["runtime", "0", "number"],
    ["runtime", "90.5", "number"],
    ["runtime", "1e2", "number"],
    ["runtime", "ninety", "number"],
    ["runtime", " 90 ", null],
    ["imdb_id", "550", "form"],
    ["imdb_id", " tt0137523", null],
    ["release_date", "1999-02-30", "date"],
    ["release_date", "1999-02-28", null],
    ["genres", ["Drama", "Dramas"], "tooLong"],
  ])("%s: %j", (name, value, expected) => {
    expect(problemOf(field(name), value)?.kind ?? null).toBe(expected);
  });

  test("an item needs one of the fields of which one is needed", () => {
    const [list] = TRIVIA as ListField[];
    const kinds = (item: object) =>
      [...itemProblems(list?.fields ?? [], list?.anyOf ?? [], { ...item }).values()].map(
        ({ kind }) => kind,
      );
    expect(kinds({})).toEqual(["oneOf", "oneOf"]);
    expect(kinds({ question: "Who?" })).toEqual([]);
  });

  test("is counted in what was edited only", () => {
    const stored = { title: "Far too long", runtime: 90 };
    const edits = editsOf("BASIC_INFO", BASIC, stored);
    const count = (edited: Edits) => countProblems("BASIC_INFO", BASIC, stored, edited);
    expect(count(edits)).toBe(0);
    expect(count(setValue(edits, "runtime", "x"))).toBe(1);
  });
});
