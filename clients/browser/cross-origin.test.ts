// A page of another origin, in a real browser: what it may do is decided by REELPORT_CORS_ORIGINS.
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { build } from "vite";
import { startChromium } from "../support/chromium.ts";
import { EVENT, MOVIE, type Outcome, type Service } from "../support/example.ts";
import { servePages, type Pages } from "../support/pages.ts";
import { ADMIN, startServer, type Server } from "../support/server.ts";

let browser: Browser;
let pages: Pages;
let page: Page | undefined;

beforeAll(async () => {
  browser = await startChromium();
  pages = await servePages();
});
afterEach(async () => {
  await page?.close();
  page = undefined;
});
afterAll(async () => {
  await pages.stop();
  await browser.close();
});

async function open(origin: string): Promise<Page> {
  page = await browser.newPage();
  await page.goto(`${origin}/`);
  return page;
}

/** What a page does with `fetch` alone; runs in the browser. */
async function visit({ url, email, password, movie, event }: Service & Visit): Promise<Seen> {
  const graphql = async (query: string, variables: object, token?: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const challenge = response.headers.get("WWW-Authenticate");
    return { status: response.status, challenge, body: (await response.json()) as Body };
  };
  const login = await graphql(
    "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }",
    { input: { email, password } },
  );
  const token = login.body.data?.login?.accessToken ?? "";
  const query = "query ($id: ID!) { movie(id: $id) { title } }";
  const answer = await graphql(query, { id: movie }, token);
  const refused = await graphql(query, { id: movie }, "not-a-token");

  const authorization = { Authorization: `Bearer ${token}` };
  const route = (verb: string) => `${url}/api/v1/admin/movies/${movie}/${verb}/timeline`;
  const exported = await fetch(route("export"), { headers: authorization });
  const etag = exported.headers.get("ETag");
  const again = await fetch(route("export"), {
    headers: { ...authorization, "If-None-Match": etag ?? "" },
  });
  const imported = await fetch(route("import"), {
    method: "POST",
    headers: { ...authorization, "Content-Type": "application/json", "Idempotency-Key": "once" },
    body: JSON.stringify({ category: "timeline", movie_id: movie, data: { events: [event] } }),
  });
  return {
    title: answer.body.data?.movie?.title,
    refused: [refused.status, refused.challenge, refused.body.errors?.[0]?.extensions.code],
    etag,
    disposition: exported.headers.get("Content-Disposition"),
    requestId: exported.headers.get("X-Request-Id"),
    statuses: [exported.status, again.status, imported.status],
  };
}

interface Visit {
  movie: string;
  event: object;
}
interface Body {
  data?: { login?: { accessToken: string }; movie?: { title: string } };
  errors?: { extensions: { code: string } }[];
}
interface Seen {
  title: string | undefined;
  refused: unknown[];
  etag: string | null;
  disposition: string | null;
  requestId: string | null;
  statuses: number[];
}

const task = (server: Server) => ({ url: server.url, ...ADMIN, movie: MOVIE, event: EVENT });
const GRANTED: Seen = {
  title: "Barbie",
  refused: [401, expect.stringMatching(/^Bearer/) as string, "UNAUTHENTICATED"],
  etag: expect.stringMatching(/^(W\/)?".+"$/) as string,
  disposition: `attachment; filename="${MOVIE}-timeline.json"`,
  requestId: expect.stringMatching(/.+/) as string,
  statuses: [200, 304, 200],
};

describe("the demo", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test("a page on localhost logs in, queries, exports with its ETag, and imports", async () => {
    const page = await open(`http://localhost:${pages.port}`);
    expect(await page.evaluate(visit, task(server))).toEqual(GRANTED);
  });

  test("a page on localhost may not send cookies", async () => {
    const page = await open(`http://localhost:${pages.port}`);
    const request = page.evaluate(
      (url) => fetch(`${url}/healthz`, { credentials: "include" }).then(() => "answered"),
      server.url,
    );
    await expect(request).rejects.toThrow("Failed to fetch");
  });

  test.each(["apollo", "urql", "graphql-request"])("%s runs in a page", async (client) => {
    const page = await open(`http://127.0.0.1:${pages.port}`);
    await page.addScriptTag({ content: await bundle(client) });
    const service: Service = { url: server.url, ...ADMIN };
    const outcome = await page.evaluate<Outcome, Service>(
      (argument) => (globalThis as unknown as { client: Bundle }).client.program(argument),
      service,
    );
    expect(outcome.fileName).toBe(`${MOVIE}-timeline.json`);
    expect(outcome.repeated.status).toBe("UNCHANGED");
    expect(outcome.refused.errors).toEqual([{ path: "/events/0/date", code: "REQUIRED" }]);
  });
});

describe("a service with listed origins", () => {
  let other: Pages;
  let server: Server;
  beforeAll(async () => {
    other = await servePages();
    const corsOrigins = `https://app.example.com,http://localhost:${pages.port}`;
    server = await startServer({ demo: false, corsOrigins });
  });
  afterAll(async () => {
    await server.stop();
    await other.stop();
  });

  test("a page of a listed origin gets an answer it can read", async () => {
    const page = await open(`http://localhost:${pages.port}`);
    expect(await page.evaluate(status, server.url)).toBe(200);
    expect(await page.evaluate(login, { url: server.url, ...ADMIN })).toMatch(/\./);
  });

  test("a page of another port or host is refused, before and after the log-in", async () => {
    for (const origin of [`http://localhost:${other.port}`, `http://127.0.0.1:${pages.port}`]) {
      const page = await open(origin);
      await expect(page.evaluate(status, server.url), origin).rejects.toThrow("Failed to fetch");
      const attempt = page.evaluate(login, { url: server.url, ...ADMIN });
      await expect(attempt, origin).rejects.toThrow("Failed to fetch");
      await page.close();
    }
  });
});

test("without listed origins, a page on localhost is refused", async () => {
  const server = await startServer({ demo: false });
  try {
    const page = await open(`http://localhost:${pages.port}`);
    await expect(page.evaluate(status, server.url)).rejects.toThrow("Failed to fetch");
  } finally {
    await server.stop();
  }
});

/** A request without a preflight. */
const status = async (url: string) => (await fetch(`${url}/healthz`)).status;

/** A request with a preflight. */
async function login({ url, email, password }: Service): Promise<string> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

interface Bundle {
  program(service: Service): Promise<Outcome>;
}

/** The program of a client as one script, as a front end's build makes it. */
async function bundle(client: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL(`../${client}/program.ts`, import.meta.url)),
        formats: ["iife"],
        name: "client",
      },
    },
  });
  const output = Array.isArray(result) ? result[0] : undefined;
  const chunk = output?.output[0];
  if (chunk === undefined) throw new Error("the build has no output");
  return chunk.code.replace(/^(var|const|let) client/m, "globalThis.client");
}
