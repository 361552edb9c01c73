import { expect, test } from "vitest";
import { rowsOf } from "./rows.ts";
import type { Plan } from "./types.ts";

const change = (path: string, label: string, before: unknown, after: unknown) => ({
  path,
  op: "UPDATE" as const,
  label,
  before,
  after,
});
const conflict = (path: string, label: string, current: unknown, imported: unknown) => ({
  path,
  label,
  base: "base",
  current,
  imported,
});
const plan = (part: Partial<Plan>): Plan => ({
  digest: "",
  changes: [],
  conflicts: [],
  notRemoved: [],
  skipped: [],
  matches: [],
  warnings: [],
  ...part,
});

test("a conflict is found if the value that differs is in its label", () => {
  const rows = rowsOf(
    plan({
      changes: [change("/items/3/text", "Trivia: Mine", "Theirs", "Mine")],
      conflicts: [conflict("/items/1/text", "Trivia: Theirs", "Theirs", "Mine")],
    }),
    [],
  );
  expect(rows.conflicts.map(({ conflict: found }) => found?.current)).toEqual(["Theirs"]);
  expect([rows.changed, rows.unmatched]).toEqual([[], []]);
});

test("of two changes with the same values, the one with the label of the conflict is it", () => {
  const rows = rowsOf(
    plan({
      changes: [
        change("/items/0/category", "Trivia: One", "a", "b"),
        change("/items/1/category", "Trivia: Two", "a", "b"),
      ],
      conflicts: [conflict("/items/1/category", "Trivia: Two", "a", "b")],
    }),
    [],
  );
  expect(rows.conflicts.map(({ change: { label } }) => label)).toEqual(["Trivia: Two"]);
  expect(rows.changed.map(({ change: { label } }) => label)).toEqual(["Trivia: One"]);
});

test("a conflict without a change is not lost", () => {
  const rows = rowsOf(plan({ conflicts: [conflict("/title", "Title", "a", "b")] }), []);
  expect(rows.unmatched.map(({ label }) => label)).toEqual(["Title"]);
});
