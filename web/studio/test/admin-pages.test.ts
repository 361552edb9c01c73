// The pages of admins and of the own account, with their dialogs, as in pages.test.ts.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, test, vi } from "vitest";
import { openLooks, press, ready, type Look, type Size } from "./support/look.ts";
import { SCHEMES, SIZES, Studio, visit } from "./support/studio.ts";

let studio: Studio;
/** The address of the account of a contributor. */
let account: string;
/** The id of a job with failures. */
let job: string;
/** The id of a job that published drafts, and left some open. */
let draftJob: string;

beforeAll(async () => {
  studio = await Studio.start();
  await studio.account("VIEWER");
  await studio.account("CONTRIBUTOR");
  const created = await studio.graphql<{ createUser: { user: { id: string } } }>(
    `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }`,
    { input: { email: "ann@example.com", name: "अनीता देसाई", role: "CONTRIBUTOR" } },
  );
  await creditTwice();
  account = `/accounts/${created.createUser.user.id}`;
  await studio.graphql(
    `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { message } } }`,
    { input: { id: created.createUser.user.id, isDisabled: true } },
  );
  job = await studio.startJob(
    [fact("film-a"), fact("film-c"), { ...fact("film-b"), category: "timeline" }],
    "?target=draft",
  );
  await studio.ended(job);
  await studio.import("tmdb-13", { ...fact("tmdb-13") }, { target: "DRAFT" });
  const title = { category: "basic_info", movie_id: "tmdb-13", data: { title: "Another title" } };
  await studio.import("tmdb-13", title, { target: "DRAFT" });
  const started = await studio.graphql<{ publishDrafts: { job: { id: string } } }>(
    `mutation ($input: PublishDraftsInput!) { publishDrafts(input: $input) { job { id } } }`,
    { input: { filter: { movieId: "tmdb-13" }, onlyAdditions: true } },
  );
  draftJob = started.publishDrafts.job.id.replace("job:", "");
  await studio.ended(draftJob);
  for (const input of [
    { name: "nightly export", role: "VIEWER", neverExpires: true },
    {
      name: "enrichment",
      role: "CONTRIBUTOR",
      source: "LLM_GENERATED",
      categories: ["TRIVIA", "TIMELINE"],
    },
  ]) {
    await studio.graphql(
      `mutation ($input: CreateTokenInput!) { createToken(input: $input) { token { id } } }`,
      { input },
    );
  }
});

const fact = (movie: string) => ({
  category: "trivia",
  movie_id: movie,
  data: { items: [{ text: "Shot in eleven days." }] },
});
const LONG = Array.from({ length: 1500 }, (_, at) => fact(`film-${at}`));

/** Opens an address from the catalogue. */
const go =
  (address: () => string | Promise<string>, prepare: (page: Page) => Promise<void>) =>
  async (page: Page) => {
    await visit(page, await address());
    await prepare(page);
  };

/** Two entries that are likely one person. */
async function creditTwice(): Promise<void> {
  for (const [id, title, person] of [
    ["film-a", "Harbour", "tmdb-person-900001"],
    ["film-b", "Lantern", "tmdb-person-900002"],
  ] as const) {
    await studio.createMovie(id, title);
    const cast = [{ id: person, name: "Ana Lima", character: title }];
    const document = { category: "cast_crew", movie_id: id, data: { cast } };
    await studio.import(id, document, { source: "TMDB" });
  }
}

afterEach(() => studio.close());
afterAll(() => studio.stop());

async function makeToken(page: Page): Promise<void> {
  await press("New token", "[role=dialog]")(page);
  await page.getByLabel("Name").fill("a token for the picture");
  await page.getByRole("radio", { name: /^Admin/ }).check();
  await page.getByLabel("Its changes count as written by").selectOption("A model");
}

/** Publishes trivia until the page says so. Its subscription begins a moment after it is shown. */
const publishAndWait = (button: string, shown: string) => async (page: Page) => {
  await page.locator(shown).first().waitFor();
  await vi.waitFor(
    async () => {
      const items = [{ text: `Fact ${Date.now()}` }];
      await studio.import("tmdb-550", {
        category: "trivia",
        movie_id: "tmdb-550",
        data: { items },
      });
      await page.getByRole("button", { name: button }).first().waitFor({ timeout: 1000 });
    },
    { timeout: 20_000 },
  );
};

/** Chooses a file with documents that are imported together, and one that cannot be imported. */
async function chooseLines(page: Page): Promise<void> {
  const lines = [fact("film-a"), { ...fact("film-b"), category: "timeline" }, fact("film-b")];
  const buffer = Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n"));
  await page
    .locator("input[type=file]")
    .setInputFiles([{ name: "trivia-of-november.ndjson", mimeType: "text/plain", buffer }]);
  await page.locator(".bulk-options").waitFor();
}

/** The address of a job that takes some seconds. */
const startLong = async () => `/jobs/${await studio.startJob(LONG, "?dry_run=true")}`;

const GOSLING = "/people/tmdb-person-30614";

async function openFirst(page: Page): Promise<void> {
  await page.locator(".row-link").first().click();
  await page.locator(".movie-list a").first().waitFor();
}

const pages = (): Look[] => [
  ["accounts", "/accounts", ready(".rows")],
  ["accounts-nothing", "/accounts?role=USER", ready(".notice")],
  ["add-account", "/accounts", press("Add account", "[role=dialog]")],
  [
    "account-added",
    "/accounts",
    async (page) => {
      await press("Add account", "[role=dialog]")(page);
      await page.getByLabel("Email").fill(`someone-${Date.now()}@example.com`);
      await page.getByRole("dialog").getByRole("button", { name: "Add account" }).click();
      await page.locator(".secret").waitFor();
    },
  ],
  ["account", account, ready(".section")],
  ["delete-account", account, press("Delete account", "[role=dialog]")],
  ["no-account", "/accounts/user:nobody", ready(".notice")],
  ["own-account", "/account", ready(".rows")],
  ["new-token", "/account", makeToken],
  ["audit-log", "/audit-log", press("Details", ".entry-details")],
  ["audit-log-account", "/audit-log?operation=UPDATE_USER", press("Details", ".entry-details")],
  ["audit-log-nothing", "/audit-log?target=nothing", ready(".notice")],
  ["jobs", "/", go(() => "/jobs", ready(".rows"))],
  ["jobs-nothing", "/", go(() => "/jobs?state=FAILED", ready(".notice"))],
  ["job", "/", go(() => `/jobs/${job}`, ready(".job-failures"))],
  ["job-drafts", "/", go(() => `/jobs/${draftJob}`, ready(".job-failures li"))],
  ["no-job", "/", go(() => "/jobs/none", ready(".notice"))],
  ["job-running", "/", go(startLong, ready(".job-now"))],
  ["jobs-running", "/", go(() => startLong().then(() => "/jobs"), ready(".job-progress"))],
  ["cancel-job", "/", go(startLong, press("Cancel job", "[role=dialog]"))],
  ["bulk-import", "/import", chooseLines],
  [
    "dry-run",
    "/import",
    async (page) => {
      await studio.cancelJobs();
      await chooseLines(page);
      await press("Start dry run", ".plan-actions")(page);
    },
  ],
  [
    "bulk-problem",
    "/import",
    async (page) => {
      await chooseLines(page);
      const address = "**/api/v1/admin/jobs?first=1";
      await page.route(address, (route) =>
        route.fulfill({ status: 429, json: { detail: "full" } }),
      );
      await press("Start dry run", ".job-note")(page);
      await page.unroute(address);
    },
  ],
  ["people", "/people", ready(".pair")],
  ["people-search", "/people?q=ma", ready(".rows")],
  ["people-nothing", "/people?q=nobody+like+it", ready(".notice")],
  ["person", GOSLING, ready(".credits")],
  ["edit-names", GOSLING, press("Edit names", "[role=dialog]")],
  [
    "compare",
    "/people/tmdb-person-900001/compare?with=tmdb-person-900002",
    async (page) => {
      await page.locator(".side .credits").first().waitFor();
      await press("See what would change", ".plan-documents")(page);
    },
  ],
  ["compare-choose", `${GOSLING}/compare`, ready(".picker")],
  ["split", `${GOSLING}/split`, ready(".credits")],
  ["ceremonies", "/ceremonies", ready(".rows")],
  ["genre", "/genres?q=drama", openFirst],
  ["changes", "/changes", publishAndWait("Show", ".connection.live")],
  ["changes-nothing", "/changes?kind=REVERTED", ready(".notice")],
  ["news", "/movies/tmdb-550/trivia", publishAndWait("Show it", ".fact-card")],
  ["revoke-token", "/account", press("Revoke the token: nightly export", "[role=dialog]")],
];

const sizes = Object.keys(SIZES) as Size[];

describe.each(SCHEMES)("%s", (scheme) => {
  test.each(sizes)("%s: every page and dialog", { timeout: 240_000 }, async (size) => {
    const looks = await openLooks(studio, size, scheme);
    await looks.lookAt(pages());
    looks.check();
  });
});

test.each(SCHEMES)("%s: the menu of other pages on a telephone", async (scheme) => {
  const looks = await openLooks(studio, "phone", scheme);
  await looks.lookAt([["more", "/drafts", press("More", ".rail-others:popover-open")]]);
  looks.check();
});
