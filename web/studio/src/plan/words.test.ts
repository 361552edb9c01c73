import { expect, test } from "vitest";
import { compareWords } from "./words.ts";

const shown = (before: string, after: string) =>
  compareWords(before, after)
    .map(({ kind, text }) =>
      kind === "same" ? text : kind === "added" ? `[+${text}]` : `[-${text}]`,
    )
    .join("");

test("words that were put in or taken out are marked", () => {
  expect(shown("Gloria", "Gloria, an employee of Mattel")).toBe("Gloria[+, an employee of Mattel]");
  expect(shown("a b c d e f", "a b x d e f")).toBe("a b [-c][+x] d e f");
  expect(shown("one two three", "one two three")).toBe("one two three");
});

test("texts with little in common are shown whole", () => {
  expect(shown("Original Music Composer", "Songs and more")).toBe(
    "[-Original Music Composer][+Songs and more]",
  );
  const long = (word: string) => Array.from({ length: 700 }, (_, at) => `${word}${at}`).join(" ");
  expect(compareWords(long("a"), long("b"))).toHaveLength(2);
});

test("both texts can be put together from the segments", () => {
  const pairs: [string, string][] = [
    ["Ein Satz. Noch einer.", "Ein ganz anderer Satz. Noch einer!"],
    ["लगान एक फ़िल्म है", "लगान एक हिन्दी फ़िल्म है"],
    ["", "new"],
    ["old", ""],
    ["a  b", "a b"],
  ];
  for (const [before, after] of pairs) {
    const segments = compareWords(before, after);
    const text = (kind: string) =>
      segments
        .filter((each) => each.kind === "same" || each.kind === kind)
        .map((each) => each.text)
        .join("");
    expect(text("removed")).toBe(before);
    expect(text("added")).toBe(after);
  }
});
