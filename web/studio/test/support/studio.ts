// The Studio on a real server, in Debian's Chromium.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  type WebSocketRoute,
} from "playwright-core";
import { expect, vi } from "vitest";
import { chromiumExecutable } from "../../../../clients/support/executable.ts";
import {
  ADMIN,
  startServer,
  type Server,
  type ServerOptions,
} from "../../../../clients/support/server.ts";

export { ADMIN };
export const PASSWORD = ADMIN.password;

export const SIZES = {
  phone: { width: 390, height: 844 },
  desk: { width: 1280, height: 800 },
  wide: { width: 1920, height: 1080 },
} as const;
export const SCHEMES = ["light", "dark"] as const;

export interface Account {
  email: string;
  password: string;
}

interface Options {
  size?: keyof typeof SIZES;
  scheme?: (typeof SCHEMES)[number];
  /** The language of the browser. */
  locale?: string;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A server with its database, and a browser. */
export class Studio {
  /** What pages complained about: errors of scripts, and requests to other hosts. */
  readonly complaints: string[] = [];
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async start(options: ServerOptions = {}): Promise<Studio> {
    // Chromium's sandbox refuses to run as root, as which containers run tests.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const [server, browser] = await Promise.all([
      startServer(options),
      chromium.launch({ executablePath: chromiumExecutable(), args }),
    ]);
    return new Studio(server, browser);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** Closes the pages of a test, and checks that none has complained. */
  async close(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    expect(this.complaints.splice(0)).toEqual([]);
  }

  /** A browser without cookies. */
  async visitor({
    size = "desk",
    scheme = "light",
    locale = "en-GB",
  }: Options = {}): Promise<BrowserContext> {
    const isPhone = size === "phone";
    const context = await this.browser.newContext({
      baseURL: this.server.url,
      viewport: SIZES[size],
      colorScheme: scheme,
      locale,
      timezoneId: "UTC",
      hasTouch: isPhone,
      isMobile: isPhone,
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(30_000);
    context.on("page", (page) => this.watch(page));
    this.contexts.push(context);
    return context;
  }

  /** A page at an address, after the log-in. */
  async open(address: string, account: Account = ADMIN, options: Options = {}): Promise<Page> {
    const context = await this.visitor(options);
    const page = await context.newPage();
    await page.goto(address);
    await signIn(page, account);
    return page;
  }

  private watch(page: Page): void {
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      // Pictures of other hosts are refused by the policy, and sessions end in some tests.
      const isExpected = /img-src|status of (401|422|429)|ERR_INTERNET_DISCONNECTED/.test(text);
      if (message.type() === "error" && !isExpected) this.complaints.push(text);
    });
    page.on("requestfinished", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== this.server.url)
        this.complaints.push(request.url());
    });
  }

  /** Sends a GraphQL request as an account, without the browser. */
  async graphql<Data>(
    query: string,
    variables: object = {},
    account: Account = ADMIN,
  ): Promise<Data> {
    const response = await fetch(this.server.graphql, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Authorization: `Bearer ${await this.token(account)}`,
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  private readonly tokens = new Map<string, string>();

  private async token({ email, password }: Account): Promise<string> {
    const known = this.tokens.get(email);
    if (known !== undefined) return known;
    const response = await fetch(`${this.server.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    this.tokens.set(email, access_token);
    return access_token;
  }

  async account(role: "USER" | "VIEWER" | "CONTRIBUTOR"): Promise<Account> {
    const account = { email: `${role.toLowerCase()}@example.com`, password: PASSWORD };
    await this.graphql(
      `mutation ($input: CreateUserInput!) {
        createUser(input: $input) { userErrors { message } } }`,
      { input: { ...account, role } },
    );
    return account;
  }

  async createMovie(id: string, title: string): Promise<void> {
    await this.graphql(
      `mutation ($input: CreateMovieInput!) {
        createMovie(input: $input) { userErrors { message } } }`,
      { input: { id, title } },
    );
  }

  /** Ends all sessions of the admin but that of the test itself. */
  async endSessions(): Promise<void> {
    await this.graphql(
      `mutation { logoutEverywhere(input: { keepCurrent: true }) { endedSessions } }`,
    );
  }

  /** The document of a category, as in a file. */
  async document(movie: string, category: string, stage = "PUBLISHED"): Promise<Envelope> {
    const { movieExport } = await this.graphql<{ movieExport: { document: Envelope } }>(
      `query ($id: ID!, $category: Category!, $stage: Stage!) {
        movieExport(movieId: $id, category: $category, stage: $stage) { document } }`,
      { id: movie, category, stage },
    );
    return movieExport.document;
  }

  private async rest(address: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${await this.token(ADMIN)}`);
    return fetch(`${this.server.url}/api/v1/admin/${address}`, { ...init, headers });
  }

  /** Starts a job that imports documents, one a line; returns its id. */
  async startJob(documents: object[], parameters = ""): Promise<string> {
    const response = await this.rest(`movies/import${parameters}`, {
      method: "POST",
      headers: { Prefer: "respond-async", "Content-Type": "application/x-ndjson" },
      body: documents.map((each) => `${JSON.stringify(each)}\n`).join(""),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as Job).id;
  }

  async job(id: string): Promise<Job> {
    return (await (await this.rest(`jobs/${id}`)).json()) as Job;
  }

  /** All jobs, newest first. */
  async jobs(): Promise<Job[]> {
    const { jobs } = (await (await this.rest("jobs?first=100")).json()) as { jobs: Job[] };
    return jobs;
  }

  /** Cancels all jobs that have not ended, so that the next job begins at once. */
  async cancelJobs(): Promise<void> {
    for (const { id, finished_at } of await this.jobs()) {
      if (finished_at === null) await this.rest(`jobs/${id}/cancel`, { method: "POST" });
    }
  }

  /** Waits until a job has ended. */
  async ended(id: string): Promise<Job> {
    return vi.waitFor(
      async () => {
        const job = await this.job(id);
        expect(job.state).toMatch(/completed|canceled|failed/);
        return job;
      },
      { timeout: 60_000, interval: 100 },
    );
  }

  /** Imports a document without the browser. */
  async import(movie: string, document: object, options: object = {}): Promise<void> {
    const { importDocument } = await this.graphql<{
      importDocument: { status: string; userErrors: unknown[] };
    }>(
      `mutation ($input: ImportDocumentInput!) {
        importDocument(input: $input) { status userErrors { message } } }`,
      { input: { movieId: movie, document: JSON.stringify(document), options } },
    );
    expect(importDocument.userErrors).toEqual([]);
  }
}

export interface Job {
  id: string;
  state: string;
  finished_at: string | null;
  counts: Record<string, number>;
}

export interface Envelope {
  category: string;
  movie_id: string;
  data: Record<string, Record<string, unknown>[]>;
  metadata: { revision: number };
}

export async function signIn(page: Page, { email, password }: Account = ADMIN): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page
    .getByRole("heading", { level: 1 })
    .and(page.getByText(/^(?!Sign in)/))
    .first()
    .waitFor();
}

/** Follows an address within the Studio, without loading the page again. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState({}, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, address);
}

/** The violations that axe finds in a page as it is, or in a part of it. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    // While a dialog is open, the page behind it is hidden from screen readers, and its landmarks
    // and headings with it.
    const isBehind = { enabled: document.querySelector("[aria-modal], .overlay") === null };
    const { violations: found } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      rules: { "landmark-one-main": isBehind, "page-has-heading-one": isBehind },
    });
    return found.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary ?? ""}`,
      ),
    );
  });
}

/** By how many pixels the page is wider than the window. (On telephones, a page can widen it.) */
export async function overflow(page: Page): Promise<number> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width - (page.viewportSize()?.width ?? 0);
}

/** The subscriptions of a page: they can be interrupted, and are refused until they may resume. */
export async function interruptible(page: Page) {
  const sockets: WebSocketRoute[] = [];
  let isAllowed = true;
  await page.routeWebSocket("**/graphql", (socket) => {
    if (!isAllowed) {
      void socket.close({ code: 1013 });
      return;
    }
    socket.connectToServer();
    sockets.push(socket);
  });
  return {
    async interrupt() {
      isAllowed = false;
      await sockets.at(-1)?.close({ code: 1013 });
    },
    resume() {
      isAllowed = true;
    },
  };
}

/** The text of a toast. */
export const toast = (page: Page, text: string | RegExp): Locator =>
  page.locator(".toast").filter({ hasText: text });
