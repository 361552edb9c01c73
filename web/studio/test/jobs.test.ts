// Jobs: the list, a job as it goes on, its failures, cancel and retry. On both databases.
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { interruptible, signIn, Studio, toast, visit, type Account } from "./support/studio.ts";

/** More than one page of the list. */
const MANY = 55;
/** Enough documents that a job takes some seconds. */
const LONG = 2000;

const trivia = (movie: string, text: string) => ({
  category: "trivia",
  movie_id: movie,
  data: { items: [{ text }] },
});
const broken = (movie: string) => ({
  category: "timeline",
  movie_id: movie,
  data: { events: [{ date: "2023-13", title: "Release" }] },
});
const long = (name: string) =>
  Array.from({ length: LONG }, (_, at) => trivia(`${name}-${at}`, `Fact ${at}.`));

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  let contributor: Account;
  beforeAll(async () => {
    studio = await Studio.start(database);
    contributor = await studio.account("CONTRIBUTOR");
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const failures = (page: Page) => page.locator(".job-failures > li");
  const count = (page: Page, outcome: string) =>
    page.locator(".job-counts > div").filter({ hasText: outcome }).locator("dd.num");
  const state = (page: Page, text: string) =>
    page.locator(".page-bar .tag").getByText(text, { exact: true }).waitFor();
  const open = async (id: string) => {
    const page = await studio.open("/");
    await visit(page, `/jobs/${id}`);
    return page;
  };

  test("a job is found in the list, and followed to its end", async () => {
    const documents = long("followed");
    documents.splice(3, 0, broken("tmdb-550") as never);
    const page = await studio.open("/");
    const id = await studio.startJob(documents);
    await page.getByRole("link", { name: "Jobs" }).click();
    const row = page.getByRole("row").filter({ hasText: id });
    await row.getByText("Running", { exact: true }).waitFor();
    const bar = row.getByRole("progressbar");
    const before = Number(await bar.getAttribute("aria-valuenow"));
    await expect
      .poll(async () => Number(await bar.getAttribute("aria-valuenow")))
      .toBeGreaterThan(before);
    await row.getByText(/per second, about .* left/).waitFor();
    await row.getByRole("link").click();
    await state(page, "Running");
    // Failures are listed while the job goes on.
    await page.locator(".job:has(.job-now) .job-failures").getByText("line 4").waitFor();
    await state(page, "Completed with failures");
    expect(await count(page, "Published").innerText()).toBe("2,000");
    expect(await count(page, "Rejected").innerText()).toBe("1");
    expect(await page.getByRole("progressbar").count()).toBe(0);
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    await row.getByText("1 rejected").waitFor();
  });

  test("a failure says where, what and why, and leads to its movie", async () => {
    await studio.createMovie("film-known", "Known");
    const id = await studio.startJob(
      [broken("film-known"), broken("film-unknown"), trivia("film-unknown", "A fact.")],
      "?target=draft",
    );
    const page = await open(id);
    await state(page, "Completed with failures");
    // The latest first.
    const latest = failures(page).first();
    await latest.getByText("line 3").waitFor();
    await latest.getByText("film-unknown, Trivia (not in the catalogue)").waitFor();
    expect(await latest.getByRole("link").count()).toBe(0);
    const known = failures(page).last();
    await known.getByText("/events/0/date").waitFor();
    await known.getByText("allowed is a date").waitFor();
    await known.getByRole("link", { name: "Known, Timeline" }).click();
    await page.getByRole("heading", { level: 1, name: "Known" }).waitFor();
    expect(page.url()).toContain("/movies/film-known/timeline");
  });

  test("failures are downloaded, and tried again as a new job", async () => {
    const id = await studio.startJob(
      [trivia("tmdb-238", "Fine."), trivia("film-later", "Early."), broken("tmdb-238")],
      "?target=draft",
    );
    const page = await open(id);
    await state(page, "Completed with failures");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      button(page, "Download failures").click(),
    ]);
    expect(file.suggestedFilename()).toBe(`job-${id}-failures.ndjson`);
    const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      trivia("film-later", "Early."),
      broken("tmdb-238"),
    ]);
    await studio.createMovie("film-later", "Later");
    await button(page, "Try failures again").click();
    await toast(page, "A new job tries the documents again").waitFor();
    await page.getByRole("link", { name: `job ${id}` }).waitFor();
    await state(page, "Completed with failures");
    expect(await count(page, "Drafted").innerText()).toBe("1");
    expect(await count(page, "Rejected").innerText()).toBe("1");
    expect(page.url()).not.toContain(id);
    const { data } = await studio.document("film-later", "TRIVIA", "DRAFT");
    expect(data["items"]?.map(({ text }) => text)).toEqual(["Early."]);
  });

  test("failures that are cut short on the way are not saved", async () => {
    const id = await studio.startJob([broken("tmdb-238")]);
    const page = await open(id);
    const files: Download[] = [];
    page.on("download", (file) => files.push(file));
    await page.route("**/failures", (route) => route.abort());
    await button(page, "Download failures").click();
    await toast(page, "Nothing was saved: the service cannot be reached").waitFor();
    expect(files).toEqual([]);
    studio.complaints.splice(0);
  });

  test("a canceled job keeps what it imported, and skips the rest", async () => {
    const page = await open(await studio.startJob(long("canceled")));
    const waiting = await studio.startJob([trivia("tmdb-238", "Not imported.")]);
    await state(page, "Running");
    await count(page, "Published").waitFor();
    await button(page, "Cancel job").click();
    const question = page.getByRole("dialog", { name: "Cancel this job?" });
    await button(page, "Let it run").click();
    await question.waitFor({ state: "detached" });
    await button(page, "Cancel job").click();
    await question.getByRole("button", { name: "Cancel job" }).click();
    await toast(page, "The job stops after the documents that it is working on.").waitFor();
    await state(page, "Canceled");
    expect(await button(page, "Cancel job").count()).toBe(0);
    const numberOf = async (outcome: string) =>
      Number((await count(page, outcome).innerText()).replace(",", ""));
    const imported = await numberOf("Published");
    expect(imported).toBeGreaterThan(0);
    expect(imported + (await numberOf("Skipped"))).toBe(LONG);
    await button(page, "Try failures again").waitFor();
    expect((await studio.ended(waiting)).state).toBe("completed");
  });

  test("a job that finished before it could be canceled is not said to be canceled", async () => {
    const context = await studio.visitor();
    const page = await context.newPage();
    // The page is not told how the job goes on.
    await page.routeWebSocket("**/graphql", () => undefined);
    await page.goto("/");
    await signIn(page);
    const first = await studio.startJob(long("before"));
    const id = await studio.startJob([trivia("tmdb-238", "Imported.")]);
    await visit(page, `/jobs/${id}`);
    await state(page, "Queued");
    await studio.ended(first);
    await studio.ended(id);
    await button(page, "Cancel job").click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
    await toast(page, "The job was finished already; nothing was canceled.").waitFor();
    await state(page, "Completed");
  });

  test("after an interruption the page of a job goes on", async () => {
    const context = await studio.visitor();
    const page = await context.newPage();
    const connection = await interruptible(page);
    await page.goto("/");
    await signIn(page);
    const id = await studio.startJob(long("interrupted"));
    await visit(page, `/jobs/${id}`);
    await count(page, "Published").waitFor();
    await connection.interrupt();
    await page.getByText("Not connected; trying again…").waitFor();
    await studio.ended(id);
    await state(page, "Running");
    connection.resume();
    await state(page, "Completed");
    expect(await count(page, "Published").innerText()).toBe("2,000");
  });

  test("a dry run is marked as one, and says that nothing was written", async () => {
    const id = await studio.startJob([trivia("film-planned", "A fact.")], "?dry_run=true");
    const page = await open(id);
    await page.getByText("This is a dry run: nothing is written to the catalogue.").waitFor();
    await state(page, "Completed");
    expect(await count(page, "Planned").innerText()).toBe("1");
    expect(await count(page, "Published").count()).toBe(0);
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    await page.getByRole("row").filter({ hasText: id }).getByText("dry run").waitFor();
  });

  test("what a job published is reverted, after a dry run, but for what changed since", async () => {
    const movies = ["film-back", "film-stays"];
    for (const movie of movies) {
      await studio.createMovie(movie, movie);
      await studio.import(movie, trivia(movie, "Before."));
    }
    const id = await studio.startJob(movies.map((movie) => trivia(movie, "Of the job.")));
    await studio.ended(id);
    await studio.import("film-stays", trivia("film-stays", "After."));
    const page = await open(id);
    await button(page, "Revert…").click();
    await state(page, "Completed with failures");
    expect(await count(page, "Planned").innerText()).toBe("1");
    await failures(page).getByText("has revision 3 now").waitFor();
    const facts = async (movie: string) =>
      (await studio.document(movie, "TRIVIA")).data["items"]?.map(({ text }) => text);
    expect(await facts("film-back")).toEqual(["Before.", "Of the job."]);
    await button(page, "Revert 1 document").click();
    await toast(page, "A new job does what the dry run planned.").waitFor();
    await expect.poll(() => facts("film-back")).toEqual(["Before."]);
    expect(await facts("film-stays")).toEqual(["Before.", "Of the job.", "After."]);
  });

  test("the file of an export is downloaded from its page", async () => {
    const started = await studio.graphql<{ startExport: { job: { id: string } } }>(
      `mutation { startExport(input: { ids: ["tmdb-13"], format: NDJSON }) { job { id } } }`,
    );
    const id = started.startExport.job.id.replace("job:", "");
    await studio.ended(id);
    const page = await open(id);
    await state(page, "Completed");
    const saved = page.waitForEvent("download");
    await button(page, "Download the file").click();
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/^reelport-export-.*\.ndjson$/);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ movie_id: "tmdb-13" });
    expect(await page.getByText("By outcome").count()).toBe(0);
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    const row = page.getByRole("row").filter({ hasText: id });
    await row.getByText(`${lines.length} documents`).waitFor();
  });

  test("the audit log leads to the page of a job", async () => {
    const id = await studio.startJob([trivia("tmdb-13", "Audited.")], "?dry_run=true");
    const page = await studio.open("/audit-log?operation=START_JOB");
    await page.locator("tbody tr").first().getByRole("link", { name: "job" }).click();
    await page.getByRole("heading", { level: 1, name: "Import" }).waitFor();
    expect(page.url()).toContain(`/jobs/${id}`);
  });

  test("jobs are filtered by state, and read page by page", async () => {
    for (let at = 0; at < MANY; at += 1)
      await studio.startJob([trivia("tmdb-13", "The same fact.")], "?dry_run=true");
    const [newest] = await studio.jobs();
    await studio.ended(newest?.id ?? "");
    const page = await studio.open("/");
    await page.getByRole("link", { name: "Jobs" }).click();
    const rows = page.locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(50);
    await button(page, "Show more").click();
    await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(MANY);
    await page.getByLabel("State").selectOption({ label: "Canceled" });
    await page.getByText("1 job", { exact: true }).waitFor();
    expect(page.url()).toContain("state=CANCELED");
    await page.getByLabel("State").selectOption({ label: "Failed" });
    await page.getByRole("heading", { name: "No job fits" }).waitFor();
  });

  test("an unknown job and a lower role have pages that say so", async () => {
    const page = await open("0c7q8m2kx1vd4r6hs");
    await page.getByRole("heading", { name: "There is no such job" }).waitFor();
    const other = await studio.open("/", contributor);
    expect(await other.getByRole("link", { name: "Jobs" }).count()).toBe(0);
    await visit(other, "/jobs");
    await other.getByText("This page is for the role Admin.").waitFor();
  });
});
