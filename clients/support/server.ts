// Starts the real server for a test: on SQLite, on a free port, with the demo catalogue unless a
// test wants a catalogue of its own.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 60_000;

export interface Server {
  /** The origin, for example http://127.0.0.1:41234. */
  url: string;
  graphql: string;
  /** The secret that signs access tokens, so that a test can make an expired one. */
  secret: string;
  /** The folder of its database. */
  folder: string;
  stop(): Promise<void>;
  /** Ends the process at once, and keeps the database. */
  kill(): Promise<void>;
}

export const ADMIN = { email: "admin@example.com", password: "correct horse battery" };

export interface ServerOptions {
  /** Load the demo catalogue, which also opens the service to pages on localhost. */
  demo?: boolean;
  /** The database; a SQLite file in the server's folder unless one is given. */
  databaseUrl?: string;
  /** The value of REELPORT_CORS_ORIGINS. */
  corsOrigins?: string;
  /** The port to listen on, if its address must be known before. */
  port?: number;
  /** Writes files into the folder of the database, and returns more environment variables. */
  prepare?: (folder: string) => Promise<Record<string, string>>;
  /** Start on the database and the address of a server that was killed. */
  instead?: Server;
}

/** A port that no one listens on. */
export async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => listener.close(() => resolve()));
  return port;
}

/**
 * The server binary: REELPORT_BINARY, or what `cargo build` made. With REELPORT_PROFILE=quick, what
 * `cargo build --profile quick` made: the optimised build that `make run` serves.
 */
function binary(): string {
  const target = path.resolve(REPOSITORY, process.env["CARGO_TARGET_DIR"] ?? "target");
  const profile = process.env["REELPORT_PROFILE"] ?? "debug";
  const file = process.env["REELPORT_BINARY"] ?? path.join(target, profile, "reelport");
  if (!existsSync(file)) throw new Error(`${file} is missing; build the server first`);
  return file;
}

export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { instead } = options;
  const folder = instead?.folder ?? (await mkdtemp(path.join(tmpdir(), "reelport-clients-")));
  const secret = "a secret of the client tests, 32+";
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("REELPORT_"));
  const prepared = (await options.prepare?.(folder)) ?? {};
  const child = spawn(binary(), ["serve"], {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      REELPORT_DATABASE_URL: options.databaseUrl ?? "sqlite://./reelport.db",
      REELPORT_LISTEN:
        instead === undefined ? `127.0.0.1:${options.port ?? 0}` : new URL(instead.url).host,
      REELPORT_JWT_SECRET: secret,
      REELPORT_ADMIN_EMAIL: ADMIN.email,
      REELPORT_ADMIN_PASSWORD: ADMIN.password,
      REELPORT_DEMO: String(options.demo ?? true),
      REELPORT_SHUTDOWN_GRACE: "1",
      REELPORT_LOG: "warn",
      ...(options.corsOrigins === undefined ? {} : { REELPORT_CORS_ORIGINS: options.corsOrigins }),
      ...prepared,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  // A test run that is interrupted leaves no server behind.
  const onExit = () => void child.kill("SIGKILL");
  process.once("exit", onExit);
  void exited.then(() => process.removeListener("exit", onExit));

  let output = "";
  const url = await new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), START_TIMEOUT_MS);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /listens on (http:\/\/\S+)/.exec(output)?.[1];
      if (found !== undefined) {
        clearTimeout(timer);
        resolve(found);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then(() => {
      clearTimeout(timer);
      resolve(null);
    });
  });
  if (url === null) {
    await stop();
    throw new Error(`the server did not start:\n${output}`);
  }
  return { url, graphql: `${url}/graphql`, secret, folder, stop, kill };
}
