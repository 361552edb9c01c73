import { expect, test } from "vitest";
import { addressOf, type Subject } from "./request.ts";

const parametersOf = (address: string | undefined) =>
  Object.fromEntries(new URL(address ?? "", "http://localhost").searchParams);

test("the filters of the catalogue are those of the export", () => {
  const subject: Subject = {
    kind: "filtered",
    search: {
      q: "fight & run",
      missing: ["TRIVIA", "AWARDS"],
      genre: "Sci-Fi",
      status: "IN_PRODUCTION",
      from: 1999,
      to: 2001,
    },
  };
  expect(parametersOf(addressOf(subject, ["TRIVIA"], "ndjson"))).toEqual({
    format: "ndjson",
    categories: "trivia",
    search: "fight & run",
    missing: "trivia,awards",
    genres: "Sci-Fi",
    status: "in_production",
    year_from: "1999",
    year_to: "2001",
  });
});

test("without filters nothing is left out, and too many movies have no address", () => {
  const all = addressOf({ kind: "filtered", search: { sort: "title-asc" } }, ["MEDIA"], "zip");
  expect(parametersOf(all)).toEqual({ format: "zip", categories: "media" });
  const ids = (count: number) => Array.from({ length: count }, (_, at) => `tmdb-${at}`);
  const two = addressOf({ kind: "selected", ids: ids(2) }, ["MEDIA", "CAST_CREW"], "zip");
  expect(parametersOf(two)).toMatchObject({ ids: "tmdb-0,tmdb-1", categories: "media,cast-crew" });
  expect(addressOf({ kind: "selected", ids: ids(9_000) }, ["MEDIA"], "zip")).toBeUndefined();
});
