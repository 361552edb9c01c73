import { expect, test } from "vitest";
import { queueOf, readDraftsSearch, readQueue, shownFilter } from "./search.ts";

test("an address is read, and what is not understood is left out", () => {
  expect(
    readDraftsSearch({
      category: "cast-crew",
      source: "nobody",
      author: " ann@example.com ",
      x: 1,
    }),
  ).toEqual({ category: "CAST_CREW", author: "ann@example.com" });
  expect(readDraftsSearch({ author: " ", source: "TMDB" })).toEqual({ source: "TMDB" });
});

test("what was changed after the list was read is not part of it", () => {
  const search = { category: "TRIVIA" } as const;
  expect(shownFilter(search, undefined)).toEqual(search);
  const { until } = shownFilter(search, "2026-12-01T12:00:00.123456Z");
  expect(until).toBe("2026-12-01T12:00:00.124Z");
});

test("the filters are kept in the address of a draft", () => {
  expect(queueOf({})).toBe("all");
  expect(readQueue("all")).toEqual({});
  const search = { category: "TRIVIA", author: "a+b&c=d@example.com" } as const;
  expect(readQueue(queueOf(search))).toEqual(search);
});
