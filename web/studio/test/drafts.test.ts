// The queue of drafts: filters, pages and keys; many drafts at once; one after the other. On both
// databases.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { Studio, type Account } from "./support/studio.ts";

/** More than two pages of the list. */
const MANY = 120;

const trivia = (movie: string, text: string) => ({
  category: "trivia",
  movie_id: movie,
  data: { items: [{ text }] },
});
const timeline = (movie: string, title: string) => ({
  category: "timeline",
  movie_id: movie,
  data: { events: [{ date: "2001-02-03", title }] },
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const rows = (page: Page) => page.locator("tbody tr");
const found = (page: Page, text: string) =>
  page.locator(".found").getByText(text, { exact: true }).waitFor();
const filters = (page: Page) => page.getByRole("group", { name: "Filters" });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "");

/** Adds to a draft as an account. */
async function draft(
  studio: Studio,
  document: { movie_id: string },
  { source, as }: { source?: string; as?: Account } = {},
): Promise<void> {
  const options = { target: "DRAFT", ...(source === undefined ? {} : { source }) };
  const input = { movieId: document.movie_id, document: JSON.stringify(document), options };
  const { importDocument } = await studio.graphql<{ importDocument: { userErrors: unknown[] } }>(
    `mutation ($input: ImportDocumentInput!) {
      importDocument(input: $input) { userErrors { message } } }`,
    { input },
    as,
  );
  expect(importDocument.userErrors).toEqual([]);
}

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  let contributor: Account;
  beforeAll(async () => {
    studio = await Studio.start(database);
    contributor = await studio.account("CONTRIBUTOR");
    for (const [id, title] of [
      ["film-a", "Aurora"],
      ["film-b", "Basalt"],
      ["film-c", "Comet"],
    ] as const) {
      await studio.createMovie(id, title);
      await draft(studio, trivia(id, `A fact about ${title}.`), { source: "LLM_GENERATED" });
    }
    await draft(studio, timeline("film-a", "Premiere"), { as: contributor });
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  test("drafts are filtered by category, source and author, in the address", async () => {
    const page = await studio.open("/drafts");
    await found(page, "4 drafts");
    await filters(page).getByText("Trivia (3)").waitFor({ state: "attached" });
    await page.getByLabel("Category").selectOption("TIMELINE");
    await found(page, "1 draft");
    expect(page.url()).toContain("category=TIMELINE");
    await button(page, "Remove the filter: Timeline").click();
    await page.getByLabel("Written by").selectOption({ label: "A model" });
    await found(page, "3 drafts");
    expect(page.url()).toContain("source=LLM_GENERATED");
    await page.getByLabel("Author").fill(contributor.email);
    await page.getByRole("heading", { name: "No draft fits" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "No draft fits" }).waitFor();
    await button(page, "Clear filters").click();
    await found(page, "4 drafts");
    await button(page, `Only drafts by ${contributor.email}`).click();
    await found(page, "1 draft");
    await rows(page).getByRole("link", { name: "Aurora" }).click();
    await page.getByText(`Draft by ${contributor.email}`).waitFor();
    await page.goBack();
    await found(page, "1 draft");
  });

  test("j and k move through the drafts, oldest first, and Enter opens one", async () => {
    const page = await studio.open("/drafts?category=TRIVIA");
    await found(page, "3 drafts");
    for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
    await expect.poll(() => focused(page)).toContain("Basalt");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Basalt" }).waitFor();
    expect(page.url()).toContain("/movies/film-b/trivia?stage=draft");
  });

  test("what others change is announced, and shown on request", async () => {
    const page = await studio.open("/drafts?category=AWARDS");
    await page.getByRole("heading", { name: "No draft fits" }).waitFor();
    const award = { ceremony: "Oscar", year: 1999, category: "Best Picture", result: "won" };
    const document = { category: "awards", movie_id: "film-a", data: { awards: [award] } };
    const news = page.getByRole("button", { name: /changed meanwhile: show the list again/ });
    // The page follows the drafts a moment after it is shown.
    await expect
      .poll(async () => {
        award.year += 1;
        await draft(studio, document, { as: contributor });
        return news.count();
      })
      .toBe(1);
    expect(await rows(page).count()).toBe(0);
    await news.click();
    await rows(page).getByRole("link", { name: "Aurora" }).waitFor();
    expect(await news.count()).toBe(0);
  });

  test("more drafts than a page are read on request and with the keyboard", async () => {
    const ids = Array.from({ length: MANY }, (_, at) => `many-${at}`);
    const movies = ids.map((id) => ({ category: "basic_info", movie_id: id, data: { title: id } }));
    await studio.ended(await studio.startJob(movies));
    await studio.ended(
      await studio.startJob(
        ids.map((id) => ({ category: "streaming", movie_id: id, data: streaming })),
        "?target=draft",
      ),
    );
    const page = await studio.open("/drafts?category=STREAMING");
    await found(page, `${MANY} drafts`);
    await expect.poll(() => rows(page).count()).toBe(50);
    await button(page, "Show more").click();
    await expect.poll(() => rows(page).count()).toBe(100);
    await rows(page).last().getByRole("link").focus();
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    await expect.poll(() => rows(page).count()).toBe(MANY);
    expect(await button(page, "Show more").count()).toBe(0);
  });
});

const streaming = {
  streaming_options: [{ platform: "Netflix", region: "US", type: "subscription" }],
};
