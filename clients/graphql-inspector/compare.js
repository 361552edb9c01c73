// Compares schema.graphql with that of the last release, and fails if a change would break its
// clients. Before the first release there is no tag, and nothing to compare with.
//
// usage: compare.js [REPOSITORY]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const SCHEMA = "schema.graphql";

/** The newest tag that the state of a repository contains, or null. */
function lastRelease(repository) {
  try {
    return git(repository, ["describe", "--tags", "--abbrev=0"]).trim();
  } catch {
    return null;
  }
}

/** The changes of schema.graphql since a tag, each with whether it breaks clients. */
async function changesSince(repository, tag) {
  const before = buildSchema(git(repository, ["show", `${tag}:${SCHEMA}`]));
  const after = buildSchema(readFileSync(path.join(repository, SCHEMA), "utf8"));
  const changes = await diff(before, after);
  return changes.map(({ criticality, message }) => ({
    breaking: criticality.level === CriticalityLevel.Breaking,
    message,
  }));
}

function git(repository, options) {
  return execFileSync("git", ["-C", repository, ...options], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const repository = process.argv[2] ?? path.resolve(import.meta.dirname, "../..");
const tag = lastRelease(repository);
if (tag === null) {
  console.log("graphql-inspector: there is no tag yet, so nothing was compared");
} else {
  const changes = await changesSince(repository, tag);
  const breaking = changes.filter((change) => change.breaking);
  for (const { message } of breaking) console.log(`graphql-inspector: breaking: ${message}`);
  console.log(
    `graphql-inspector: ${changes.length} changes of the schema since ${tag}, ` +
      `${breaking.length} breaking`,
  );
  process.exitCode = breaking.length === 0 ? 0 : 1;
}
