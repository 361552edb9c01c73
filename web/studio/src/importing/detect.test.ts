import { expect, test } from "vitest";
import { detect, lineOf } from "./detect.ts";

test("movie and category are found in files and in answers of models", () => {
  const file =
    '{"category": "cast_crew", "movie_id": "tmdb-550", "data": {"cast": [{"category": "x"}]}}';
  expect(detect(file)).toEqual({ movie: "tmdb-550", category: "CAST_CREW" });
  expect(detect(`Here it is:\n\`\`\`json\n${file}\n\`\`\``)).toEqual({
    movie: "tmdb-550",
    category: "CAST_CREW",
  });
  expect(detect('{"items": [{"text": "A", "category": "production"}]}')).toEqual({});
});

test("a pointer leads to its line", () => {
  const text = `Sure:
{
  "data": {
    "events": [
      { "date": "2023", "title": "a" },
      { "title": "b",
        "date": "2023-13" }
    ]
  }
}`;
  expect(lineOf(text, "/events/1/date")).toBe(7);
  expect(lineOf(text, "/events/0")).toBe(5);
  expect(lineOf(text, "/events/9/date")).toBeUndefined();
  expect(lineOf('{"events": [\n{"date": 1}]}', "/events/0/date")).toBe(2);
  expect(lineOf("nothing", "/a")).toBeUndefined();
  expect(lineOf('{"a": "unclosed', "/b")).toBeUndefined();
});
