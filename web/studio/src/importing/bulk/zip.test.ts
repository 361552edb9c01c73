import { expect, test } from "vitest";
import { contentOf, entryNames } from "./content.ts";
import { checksumOf, zipOf } from "./zip.ts";

test("checksums are those of ZIP", async () => {
  expect(await checksumOf(new Blob(["123456789"]))).toBe(0xcbf43926);
  expect(await checksumOf(new Blob([]))).toBe(0);
});

test("an archive has its files as they are, under their names", async () => {
  const archive = await zipOf([
    { name: "é.json", file: new Blob(["{}"]) },
    { name: "b.json", file: new Blob(["[1]"]) },
  ]);
  const bytes = Buffer.from(await archive.arrayBuffer());
  expect(bytes.readUInt32LE(0)).toBe(0x04034b50);
  expect(bytes.toString("utf8", 30, 37)).toBe("é.json");
  expect(bytes.toString("utf8", 37, 39)).toBe("{}");
  const end = bytes.length - 22;
  expect(bytes.readUInt32LE(end)).toBe(0x06054b50);
  expect(bytes.readUInt16LE(end + 10)).toBe(2);
  expect(bytes.readUInt32LE(bytes.readUInt32LE(end + 16))).toBe(0x02014b50);
});

test("files of one name are kept apart, and endings are those that the service reads", async () => {
  const named = (name: string, webkitRelativePath = "") => ({ name, webkitRelativePath });
  expect(
    entryNames([named("a.json"), named("a.json"), named("a.json", "x/a.json"), named("a.json")]),
  ).toEqual(["a.json", "2/a.json", "x/a.json", "3/a.json"]);
  const file = (name: string, text: string) => {
    const made = new File([text], name);
    return Object.assign(made, { webkitRelativePath: "" });
  };
  const archive = await contentOf([file("a.md", "{}"), file("b.JSON", "{}"), file("c", "PK")]);
  const text = await archive.text();
  for (const name of ["a.md.json", "b.JSON", "c.zip"]) expect(text).toContain(name);
});
