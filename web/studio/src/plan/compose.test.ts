import { expect, test } from "vitest";
import { compose } from "./compose.ts";
import type { Change, Match } from "./types.ts";

const change = (path: string, before: unknown, after: unknown): Change => ({
  path,
  op: before === null ? "ADD" : after === null ? "REMOVE" : "UPDATE",
  label: path,
  before,
  after,
});

test("fields of the document are sent alone, and a cleared one as null", () => {
  const changes = [change("/title", "A", "B"), change("/tagline", "x", null)];
  expect(compose({ title: "A", tagline: "x" }, changes, changes, [])).toEqual({
    data: { title: "B", tagline: null },
    removeItems: [],
    clears: true,
    replaces: false,
    resolutions: [],
  });
});

test("a list of names is sent whole, and replaces only if names are removed", () => {
  const changes = [
    change("/genres/1", "Adventure", null),
    change("/genres/1", null, "Science Fiction"),
    change("/genres/2", null, "Drama"),
  ];
  const current = { genres: ["Comedy", "Adventure"] };
  expect(compose(current, changes, changes.slice(1), [])).toMatchObject({
    data: { genres: ["Comedy", "Adventure", "Science Fiction", "Drama"] },
    replaces: false,
  });
  expect(compose(current, changes, changes.slice(0, 1), [])).toMatchObject({
    data: { genres: ["Comedy"] },
    replaces: true,
  });
});

test("positions in the new list lead to the items by their ids", () => {
  const current = { items: ["a", "b", "c"].map((id) => ({ id, text: id })) };
  // Item a is removed, c comes before b, and n is put between them.
  const changes = [
    change("/items/0", { id: "a", text: "a" }, null),
    change("/items/0/text", "c", "C"),
    change("/items/1", null, { id: "n", text: "n" }),
    change("/items/2/text", "b", "B"),
    change("/items", ["b", "c"], ["c", "b"]),
  ];
  const edit = (at: number) => compose(current, changes, [changes[at] as Change], []).data;
  expect(edit(1)).toEqual({ items: [{ id: "c", text: "C" }] });
  expect(edit(3)).toEqual({ items: [{ id: "b", text: "B" }] });
  expect(edit(2)).toEqual({ items: [{ text: "n" }] });
  expect(edit(4)).toEqual({ items: [{ id: "c" }, { id: "b" }] });
  expect(compose(current, changes, [changes[0] as Change], [])).toMatchObject({
    removeItems: ["a"],
  });
});

test("names in added items are resolved as the plan resolved them", () => {
  const match = (
    path: string,
    given: string,
    decision: "NEW" | "MATCHED",
    entityId: string,
  ): Match => ({
    path,
    given,
    kind: "PERSON",
    decision,
    entityId,
    score: null,
    reasons: [],
    candidates: [],
  });
  const changes = [
    change("/cast/0", null, { id: "p1", credit_id: "x", name: "Ann", character: "A" }),
    change("/cast/1", null, { id: "p2", credit_id: "y", name: "Ben" }),
  ];
  const matches = [
    match("/cast/4/name", "Ann", "MATCHED", "p1"),
    match("/cast/5/name", "Ben", "NEW", "p2"),
  ];
  expect(compose({}, changes, changes, matches)).toMatchObject({
    data: { cast: [{ name: "Ann", character: "A" }, { name: "Ben" }] },
    resolutions: [
      { path: "/cast/0/name", entityId: "p1" },
      { path: "/cast/1/name", createNew: true },
    ],
  });
});
