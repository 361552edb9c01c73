import { expect, test } from "vitest";
import { kindOf, sortFiles } from "./files.ts";

const envelope = (movie: string) =>
  `{"category": "trivia", "movie_id": "${movie}", "data": {"items": []}}`;
const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);
const sort = async (files: File[], mayImportJobs = true) => {
  const { together, texts, refused } = await sortFiles(files, mayImportJobs);
  return {
    together: together?.map(({ name }) => name),
    texts: texts.map(({ name }) => name),
    refused,
  };
};

test("several documents are told from one, and from an answer that repeats one", () => {
  const [one, two] = [envelope("tmdb-550"), envelope("tmdb-238")];
  expect(kindOf(one)).toBe("named");
  expect(kindOf(JSON.stringify(JSON.parse(one), null, 2))).toBe("named");
  expect(kindOf(`${one}\n${two}\n`)).toBe("many");
  expect(kindOf(`[${one}, ${two}]`)).toBe("many");
  expect(kindOf(`Before:\n${one}\nAfter:\n${one}`)).toBe("named");
  expect(kindOf('{"items": [{"text": "A"}]}')).toBe("plain");
  expect(kindOf("")).toBe("plain");
});

test("archives and several named documents are imported together", async () => {
  const one = file("one.json", envelope("tmdb-550"));
  const two = file("two.txt", envelope("tmdb-238"));
  const plain = file("plain.json", '{"items": []}');
  const zip = file("all.zip", "PK\u0003\u0004\u0000");
  const gzip = file("all.json.gz", new Uint8Array([0x1f, 0x8b, 8, 0]));
  expect(await sort([one])).toMatchObject({ together: undefined, texts: ["one.json"] });
  expect(await sort([one, two])).toMatchObject({
    together: ["one.json", "two.txt"],
    texts: ["one.json", "two.txt"],
  });
  expect(await sort([one, plain])).toMatchObject({
    together: undefined,
    texts: ["one.json", "plain.json"],
  });
  expect(await sort([zip])).toMatchObject({ together: ["all.zip"], texts: [] });
  // What has no name is sent with the archive, and the dry run says what is wrong with it.
  expect(await sort([plain, gzip])).toMatchObject({
    together: ["plain.json", "all.json.gz"],
    texts: [],
  });
});

test("what cannot be imported is named", async () => {
  const picture = file("poster.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0]));
  const one = file("one.json", envelope("tmdb-550"));
  const zip = file("all.zip", "PK\u0003\u0004\u0000");
  const folder = { name: "folder", size: 4096, slice: () => ({}) } as unknown as File;
  const found = await sort([picture, folder, one]);
  expect(found).toMatchObject({ together: undefined, texts: ["one.json"] });
  expect(found.refused).toEqual([
    { name: "poster.png", reason: "notText" },
    { name: "folder", reason: "unreadable" },
  ]);
  const contributor = await sort([zip, one], false);
  expect(contributor).toMatchObject({ together: undefined, texts: ["one.json"] });
  expect(contributor.refused).toEqual([{ name: "all.zip", reason: "needsAdmin" }]);
});
