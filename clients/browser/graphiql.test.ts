// The GraphiQL page in a real browser, wide and as narrow as a telephone.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { ADMIN, startServer, type Server } from "../support/server.ts";
import { logIn } from "../support/tokens.ts";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

let browser: Browser;
let server: Server;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startServer()]);
});
afterEach(async () => {
  await page.close();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function open(viewport: { width: number; height: number }): Promise<void> {
  page = await browser.newPage({ viewport });
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== server.url) complaints.push(request.url());
  });
  await page.goto(`${server.url}/graphiql`);
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
}

async function signIn(): Promise<void> {
  await page.getByLabel("Email").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(`Signed in as ${ADMIN.email}`).waitFor();
}

/** Presses the run button, and returns what was sent and answered. */
async function run(): Promise<{ query: string; body: unknown }> {
  const [response] = await Promise.all([
    page.waitForResponse((each) => {
      const isQuery = each.url() === server.graphql && each.request().method() === "POST";
      return isQuery && !each.request().postData()?.includes("IntrospectionQuery");
    }),
    page.locator(".graphiql-execute-button").click(),
  ]);
  const { query } = response.request().postDataJSON() as { query: string };
  const isStream = response.headers()["content-type"]?.startsWith("text/event-stream");
  return { query, body: isStream ? {} : await response.json() };
}

const response = () => page.locator(".graphiql-response");

const stop = () => page.getByRole("button", { name: "Stop query" }).click();

/** The revision of every document of the demo's Fight Club. */
async function revisions(): Promise<number[]> {
  const { access } = await logIn(server);
  const answer = await fetch(server.graphql, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${access}` },
    body: JSON.stringify({
      query: '{ movie(id: "tmdb-550") { exports { metadata { revision } } } }',
    }),
  });
  const { data } = (await answer.json()) as {
    data: { movie: { exports: { metadata: { revision: number } }[] } };
  };
  return data.movie.exports.map(({ metadata }) => metadata.revision);
}

test("the first tab holds one short query that runs as it is", async () => {
  await open(WIDE);
  await signIn();
  const { query, body } = await run();
  expect(query.trim().split("\n").length).toBeLessThan(12);
  expect(body).toMatchObject({
    data: { movieExport: { fileName: "tmdb-550-trivia.json", metadata: { revision: 1 } } },
  });
  await response().getByText("tmdb-550-trivia.json").waitFor();
  expect(complaints).toEqual([]);
});

test("running every tab writes nothing", async () => {
  await open(WIDE);
  await signIn();
  const before = await revisions();
  expect(before).toHaveLength(7);
  const tabs = await page.getByRole("tab").all();
  expect(tabs.length).toBeGreaterThan(1);
  for (const tab of tabs) {
    await tab.click();
    const { query, body } = await run();
    expect(body).not.toHaveProperty("errors");
    if (query.includes("importCategory")) await response().getByText("PLANNED").waitFor();
    if (query.includes("subscription")) await stop();
  }
  expect(await revisions()).toEqual(before);
});

test("a subscription runs until it is stopped", async () => {
  await open(WIDE);
  await signIn();
  await page.getByRole("tab", { name: "Changes" }).click();
  await run();
  const movie = "tmdb-346698";
  // The protocol does not say when a subscription is active, so there is a change until one comes.
  await expect
    .poll(
      async () => {
        await publish(movie);
        return response().innerText();
      },
      { timeout: 20_000 },
    )
    .toContain(movie);
  await stop();
  await page.getByRole("button", { name: "Execute query" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a subscription without a sign-in says what is missing", async () => {
  await open(WIDE);
  await page.getByRole("tab", { name: "Changes" }).click();
  await run();
  await page.getByText("This operation needs a signed-in user").waitFor();
});

async function publish(movie: string): Promise<void> {
  const { access } = await logIn(server);
  const answer = await fetch(`${server.url}/api/v1/admin/movies/${movie}/import/timeline`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${access}` },
    body: JSON.stringify({
      category: "timeline",
      movie_id: movie,
      data: { events: [{ date: "2025", title: `Event ${performance.now()}` }] },
    }),
  });
  expect(answer.status).toBe(200);
}

test("a new tab is empty", async () => {
  await open(WIDE);
  await page.getByRole("button", { name: "New tab" }).click();
  await expect.poll(text).toBe("");
});

test("without a sign-in, the page says what is missing", async () => {
  await open(WIDE);
  await run();
  await page.getByText("This operation needs a signed-in user").waitFor();
});

test.each([
  ["wide", WIDE],
  ["narrow", NARROW],
])("long comments wrap on a %s screen", async (_name, viewport) => {
  await open(viewport);
  await page.locator(".graphiql-query-editor .view-lines").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText(`# ${"a long comment ".repeat(20)}the end\n`);
  await expect.poll(text).toContain("the end");
  const lines = await page.locator(".graphiql-query-editor .view-line > span").all();
  const editor = await page.locator(".graphiql-query-editor .monaco-editor").boundingBox();
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const box = await line.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(right(editor));
  }
});

test("at 390 pixels, everything is reachable and nothing overflows", async () => {
  await open(NARROW);
  await expectNoOverflow();
  await signIn();
  await expectNoOverflow();
  expect(await page.locator(".graphiql-execute-button").boundingBox()).toSatisfy(isInside);
  await run();
  await response().getByText("tmdb-550-trivia.json").waitFor();
  const box = await response().boundingBox();
  expect(box).toSatisfy(isInside);
  expect(box?.width).toBeGreaterThan(250);
  expect(box?.height).toBeGreaterThan(200);
  await expectNoOverflow();

  // The documentation covers the editors, and gives them back.
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await expect.poll(async () => (await docs()?.boundingBox())?.width).toBeGreaterThan(250);
  await expectNoOverflow();
  await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
  await run();
  expect(complaints).toEqual([]);
});

const docs = () => page.locator(".graphiql-plugin");

/** The text of the query editor, as far as it is shown. */
async function text(): Promise<string> {
  const lines = await page.locator(".graphiql-query-editor .view-line").allTextContents();
  return lines.join("").replace(/\s+/g, " ").trim();
}

async function expectNoOverflow(): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  expect(content).toBeLessThanOrEqual(window ?? 0);
  const controls = page.locator(".reelport-bar :is(input, button), .graphiql-toolbar button");
  for (const control of await controls.all()) {
    expect(await control.boundingBox(), await control.innerText()).toSatisfy(isInside);
  }
}

type Box = { x: number; y: number; width: number; height: number } | null;

const right = (box: Box) => (box === null ? 0 : box.x + box.width);

function isInside(box: Box): boolean {
  if (box === null || box.x < 0 || box.y < 0) return false;
  const viewport = page.viewportSize() ?? { width: 0, height: 0 };
  return right(box) <= viewport.width && box.y + box.height <= viewport.height;
}
