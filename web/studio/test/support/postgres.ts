// A database of its own on the PostgreSQL that `scripts/with-postgres` starts.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

const DEBIAN = "/usr/lib/postgresql";

function psql(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const files = versions.map((version) => path.join(DEBIAN, version, "bin/psql"));
  return files.find((file) => existsSync(file)) ?? "psql";
}

/** What a test that is for both databases starts the service with. */
export function databases(): [string, { databaseUrl?: string }][] {
  const databaseUrl = createDatabase();
  return [
    ["SQLite", {}],
    ...(databaseUrl === undefined
      ? []
      : [["PostgreSQL", { databaseUrl }] as [string, { databaseUrl: string }]]),
  ];
}

/** The URL of a new database; undefined, with a message, if there is no PostgreSQL. */
function createDatabase(): string | undefined {
  const server = process.env["REELPORT_TEST_POSTGRES_URL"];
  if (server === undefined) {
    console.warn("without scripts/with-postgres, the Studio is tested on SQLite only");
    return undefined;
  }
  const name = `studio_${randomBytes(6).toString("hex")}`;
  execFileSync(psql(), [server, "-q", "-c", `create database ${name}`]);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
