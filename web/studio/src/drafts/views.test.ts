import { expect, test } from "vitest";
import { readViews, withView, writeViews, type View } from "./views.ts";

const MODEL: View = { name: "Models", search: { source: "LLM_GENERATED" } };
const TRIVIA: View = { name: "Trivia", search: { category: "TRIVIA", author: "ann@example.com" } };

test("what is written is read again, and what is not understood is left out", () => {
  expect(readViews(writeViews([MODEL, TRIVIA]))).toEqual([MODEL, TRIVIA]);
  expect(readViews(null)).toEqual([]);
  expect(readViews("{")).toEqual([]);
  expect(readViews('{"a":1}')).toEqual([]);
  expect(readViews('[1, ["a"], ["All", "category=NONE"]]')).toEqual([{ name: "All", search: {} }]);
});

test("a view takes the place of the one with its name", () => {
  const other = { name: "Models", search: {} };
  expect(withView([MODEL, TRIVIA], other)).toEqual([other, TRIVIA]);
  expect(withView([MODEL], TRIVIA)).toEqual([MODEL, TRIVIA]);
  const many = Array.from({ length: 20 }, (_, at) => ({ name: `${at}`, search: {} }));
  expect(withView(many, MODEL)).toHaveLength(20);
});
