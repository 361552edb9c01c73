import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const COMPARE = path.join(import.meta.dirname, "compare.js");
let repository: string;

const git = (...options: string[]) =>
  execFileSync("git", [
    "-C",
    repository,
    "-c",
    "user.name=A",
    "-c",
    "user.email=a@b.c",
    ...options,
  ]);
const write = (schema: string) => writeFileSync(path.join(repository, "schema.graphql"), schema);

function compare(): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync("node", [COMPARE, repository], { encoding: "utf8" });
  return { status, lines: stdout.trim().split("\n") };
}

beforeEach(() => {
  repository = mkdtempSync(path.join(tmpdir(), "reelport-inspector-"));
  git("init", "--quiet");
  write("type Query { movie: String title: String }");
  git("add", ".");
  git("commit", "--quiet", "--message", "First");
});
afterEach(() => {
  rmSync(repository, { recursive: true });
});

test("without a tag, nothing is compared, and the output says so", () => {
  const lines = ["graphql-inspector: there is no tag yet, so nothing was compared"];
  expect(compare()).toEqual({ status: 0, lines });
});

test("a field that is added breaks no client of the last release", () => {
  git("tag", "v1.0.0");
  write("type Query { movie: String title: String year: Int }");
  const lines = ["graphql-inspector: 1 changes of the schema since v1.0.0, 0 breaking"];
  expect(compare()).toEqual({ status: 0, lines });
});

test("a field that is removed breaks clients of the last release", () => {
  git("tag", "v1.0.0");
  write("type Query { movie: String year: Int }");
  const lines = [
    "graphql-inspector: breaking: Field 'title' was removed from object type 'Query'",
    "graphql-inspector: 2 changes of the schema since v1.0.0, 1 breaking",
  ];
  expect(compare()).toEqual({ status: 1, lines });
});
