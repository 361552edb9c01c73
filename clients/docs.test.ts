// docs/front-ends.md shows files of this folder, and says which versions are tried.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(repository, file), "utf8");
const page = read("docs/front-ends.md");

test("all code in the page is a copy of the file that the comment before it names", () => {
  const blocks = [...page.matchAll(/^(?:<!-- (\S+) -->\n)?```\w*\n([^]*?)^```$/gm)];
  expect(blocks.length).toBeGreaterThan(6);
  for (const [block, file, code] of blocks) {
    expect(file, `a comment with the file before ${block}`).toMatch(/^clients\//);
    expect(code, file).toBe(read(file ?? ""));
  }
});

test("the page names the versions that are tried", () => {
  const rows = [...page.matchAll(/^\| `(\S+)` \| (\S+) \| \[`\S+`\]\(\.\.\/(\S+)\) \|$/gm)];
  expect(rows.length).toBeGreaterThan(9);
  for (const [row, name = "", version = "", folder = ""] of rows) {
    expect(versions(folder)[name], row).toBe(version);
  }
});

/** The packages of a folder with their versions, for npm or for pip. */
function versions(folder: string): Record<string, string> {
  if (existsSync(path.join(repository, folder, "requirements.txt"))) {
    const lines = read(`${folder}/requirements.txt`).trim().split("\n");
    return Object.fromEntries(lines.map((line) => line.split("==")));
  }
  const { dependencies, devDependencies } = JSON.parse(read(`${folder}/package.json`)) as {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
  return { ...dependencies, ...devDependencies };
}

test("the links to files of this repository lead somewhere", () => {
  const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? "");
  expect(links.length).toBeGreaterThan(10);
  for (const link of links) {
    expect(existsSync(path.join(repository, "docs", link)), link).toBe(true);
  }
});
