// The queue of drafts: filters, pages and keys; many drafts at once; one after the other. On both
// databases.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { Studio, toast, visit, type Account } from "./support/studio.ts";

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
const found = (page: Page, text: string | RegExp) =>
  page.locator(".found").getByText(text, { exact: true }).waitFor();
const filters = (page: Page) => page.getByRole("group", { name: "Filters" });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "");

/** Adds to a draft as an account. */
async function draft(
  studio: Studio,
  document: { movie_id: string; category: string; data: object },
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

  test("a view is saved under a name, opened again, and removed", async () => {
    const page = await studio.open("/drafts?category=TIMELINE");
    await found(page, "1 draft");
    await button(page, "Save this view…").click();
    await page.getByRole("dialog").getByLabel("Name").fill("Premieres");
    await page.keyboard.press("Enter");
    const view = page.getByRole("navigation", { name: "Saved views" }).getByText("Premieres");
    await button(page, "Remove the view “Premieres”").waitFor();
    await page.goto("/drafts");
    await found(page, "4 drafts");
    await view.click();
    await found(page, "1 draft");
    expect(page.url()).toContain("category=TIMELINE");
    await button(page, "Remove the view “Premieres”").click();
    await button(page, "Save this view…").waitFor();
    expect(await view.count()).toBe(0);
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
    // Events of the drafts before may arrive later.
    await expect
      .poll(async () => {
        if ((await news.count()) > 0) await news.click();
        return (await news.count()) + (await rows(page).count());
      })
      .toBe(1);
    await rows(page).getByRole("link", { name: "Aurora" }).waitFor();
  });

  const facts = async (movie: string, stage = "PUBLISHED") => {
    const { data } = await studio.document(movie, "TRIVIA", stage);
    return (data["items"] ?? []).map(({ text }) => text);
  };
  /** Movies with a draft of trivia each; returns the titles. */
  const prepare = async (name: string, number: number) => {
    const ids = Array.from({ length: number }, (_, at) => `${name}-${at}`);
    for (const id of ids) {
      await studio.createMovie(id, id);
      await draft(studio, trivia(id, `A fact about ${id}.`), { as: contributor });
    }
    return ids;
  };
  const tick = (page: Page, title: string) =>
    page.getByRole("checkbox", { name: `Select Trivia of ${title}` });
  const jobEnds = (page: Page, text: string) =>
    page.locator(".page-bar .tag").getByText(text, { exact: true }).waitFor();
  const count = (page: Page, outcome: string) =>
    page
      .locator(".job-counts > div")
      .filter({ has: page.locator("dt").getByText(outcome, { exact: true }) })
      .locator("dd.num");

  test("selected drafts are published as a job, which says what stays open and why", async () => {
    const [first = "", second = "", third = ""] = await prepare("selected", 3);
    const tagline = (text: string) => ({
      category: "basic_info",
      movie_id: third,
      data: { tagline: text },
    });
    await draft(studio, tagline("Of the draft."), { as: contributor });
    await studio.import(third, tagline("Of somebody else."));
    const page = await studio.open("/drafts");
    await tick(page, first).focus();
    await page.getByRole("link", { name: second }).focus();
    await page.keyboard.press("x");
    await tick(page, first).check();
    await page.getByRole("checkbox", { name: `Select Basic info of ${third}` }).check();
    await page.getByText("3 drafts selected").waitFor();
    await button(page, "Publish selected…").click();
    const dialog = page.getByRole("dialog", { name: "Publish 3 drafts" });
    await dialog.getByRole("button", { name: "Start dry run" }).click();
    await page.getByText("This is a dry run").waitFor();
    await jobEnds(page, "Completed with failures");
    expect(await count(page, "Planned").innerText()).toBe("2");
    expect(await facts(first)).toEqual([]);
    await page.getByRole("link", { name: "Open the drafts" }).click();
    // After a dry run the same drafts are still selected.
    await page.getByText("3 drafts selected").waitFor();
    await button(page, "Publish selected…").click();
    await dialog.getByRole("button", { name: "Publish 3 drafts" }).click();
    await page.getByRole("heading", { level: 1, name: "Publish drafts" }).waitFor();
    await jobEnds(page, "Completed with failures");
    expect(await count(page, "Published").innerText()).toBe("2");
    expect(await count(page, "Conflict").innerText()).toBe("1");
    expect(await facts(first)).toEqual([`A fact about ${first}.`]);
    expect(await facts(third)).toEqual([]);
    const open = page.locator(".job-failures > li");
    expect(await open.count()).toBe(1);
    expect(await page.getByText("Download failures").count()).toBe(0);
    expect(await page.getByText("Try failures again").count()).toBe(0);
    await open.getByRole("link", { name: `${third}, Basic info` }).click();
    await page.getByText(`Draft by ${contributor.email}`).waitFor();
    await page.goto("/drafts");
    await found(page, /drafts/);
    expect(await page.locator(".selection-bar").count()).toBe(0);
  });

  test("a draft that was changed after it was selected is not published", async () => {
    const [first = "", second = ""] = await prepare("changed", 2);
    const page = await studio.open(`/drafts?category=TRIVIA&author=${contributor.email}`);
    await tick(page, first).check();
    await tick(page, second).check();
    await draft(studio, trivia(first, "Added later."), { as: contributor });
    await button(page, "Publish selected…").click();
    await button(page, "Publish 2 drafts").click();
    await page.getByText("1 draft was changed or closed after you selected it").waitFor();
    await button(page, "Publish 1 draft").click();
    await jobEnds(page, "Completed");
    expect(await count(page, "Published").innerText()).toBe("1");
    expect(await facts(first)).toEqual([]);
    expect(await facts(second)).toEqual([`A fact about ${second}.`]);
  });

  test("selected drafts are discarded with a reason that their authors see", async () => {
    const [first = "", second = ""] = await prepare("discarded", 2);
    const page = await studio.open("/drafts");
    await tick(page, first).check();
    await tick(page, second).click({ modifiers: ["Shift"] });
    await page.getByText("2 drafts selected").waitFor();
    await button(page, "Discard selected…").click();
    const dialog = page.getByRole("dialog", { name: "Discard 2 drafts?" });
    await dialog.getByLabel("Reason").fill("Nobody said this.");
    await dialog.getByRole("button", { name: "Discard 2 drafts" }).click();
    await page.getByRole("heading", { level: 1, name: "Discard drafts" }).waitFor();
    await jobEnds(page, "Completed");
    expect(await count(page, "Discarded").innerText()).toBe("2");
    await page.locator(".job-fields").getByText("Nobody said this.").waitFor();
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    await rows(page).first().getByText("2 discarded").waitFor();
    const author = await studio.open(`/movies/${second}/trivia`, contributor);
    await author.getByText(/The last draft was discarded by .*Nobody said this\./).waitFor();
  });

  test("of all that the filters show, those that only add are published", async () => {
    const [adds = "", changes = "", later = ""] = await prepare("additions", 3);
    await studio.import(changes, {
      category: "basic_info",
      movie_id: changes,
      data: { tagline: "Published." },
    });
    const info = (movie: string, data: object) => ({
      category: "basic_info",
      movie_id: movie,
      data,
    });
    await draft(studio, info(adds, { tagline: "New." }), { source: "TMDB" });
    await draft(studio, info(changes, { tagline: "Replaced." }), { source: "TMDB" });
    const page = await studio.open("/drafts?category=BASIC_INFO&source=TMDB");
    await found(page, "2 drafts");
    await draft(studio, info(later, { tagline: "Later." }), { source: "TMDB" });
    await button(page, "Publish those that only add…").click();
    const dialog = page.getByRole("dialog", { name: "Publish the drafts that only add" });
    await dialog.getByText("A job looks at all 2 drafts").waitFor();
    await dialog.getByRole("button", { name: "Publish those that only add" }).click();
    await jobEnds(page, "Completed");
    expect(await count(page, "Published").innerText()).toBe("1");
    expect(await count(page, "Skipped").innerText()).toBe("1");
    await page.getByText("Only additions are published, and this draft changes 1").waitFor();
    const { data } = await studio.document(adds, "BASIC_INFO");
    expect(data["tagline"]).toBe("New.");
    await visit(page, "/drafts?category=BASIC_INFO&source=TMDB");
    await found(page, "2 drafts");
  });

  test("a contributor sees the drafts, and is offered nothing that an admin decides", async () => {
    const page = await studio.open("/drafts", contributor);
    await found(page, /drafts$/);
    expect(await page.getByRole("checkbox").count()).toBe(0);
    expect(await page.getByRole("button", { name: /Publish|Discard/ }).count()).toBe(0);
    await rows(page).getByRole("link", { name: "Basalt" }).click();
    await shownPlan(page, "A fact about Basalt.");
    expect(await page.getByRole("button", { name: /Publish|Discard/ }).count()).toBe(0);
    await page.keyboard.press("a");
    await page.keyboard.press("r");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  const heading = (page: Page, title: string) =>
    page.getByRole("heading", { level: 1, name: title }).waitFor();
  const shownPlan = (page: Page, text: string) =>
    page.locator(".review-plan .card").getByText(text).first().waitFor();

  test("drafts are reviewed one after the other with keys", async () => {
    const ids = Array.from({ length: 4 }, (_, at) => `review-${at}`);
    for (const id of ids) {
      await studio.createMovie(id, id);
      await draft(studio, trivia(id, `A fact about ${id}.`), { source: "TMDB" });
    }
    const page = await studio.open("/drafts?category=TRIVIA&source=TMDB");
    await found(page, "4 drafts");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await heading(page, "review-0");
    await shownPlan(page, "A fact about review-0.");
    await page.getByText("1 added, nothing removed").waitFor();
    await page.keyboard.press("a");
    await toast(page, "Trivia of review-0 is published as revision 1.").waitFor();

    await heading(page, "review-1");
    expect(await facts("review-0")).toEqual(["A fact about review-0."]);
    await shownPlan(page, "A fact about review-1.");
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog", { name: "Discard this draft?" });
    await dialog.getByLabel("Reason").waitFor();
    await page.keyboard.type("A rumour.");
    await page.keyboard.press("Enter");
    await toast(page, "The draft was discarded.").waitFor();

    await heading(page, "review-2");
    await page.getByRole("link", { name: "2 drafts" }).waitFor();
    await expect.poll(() => button(page, "Next draft").isDisabled()).toBe(false);
    await page.keyboard.press("j");
    await heading(page, "review-3");
    await expect.poll(() => button(page, "Previous draft").isDisabled()).toBe(false);
    await page.keyboard.press("k");
    await heading(page, "review-2");
    await shownPlan(page, "A fact about review-2.");
    await button(page, "Publish 1 change").click();
    await heading(page, "review-3");
    await shownPlan(page, "A fact about review-3.");
    await page.keyboard.press("a");
    await toast(page, "That was the last draft of the list.").waitFor();
    await page.getByRole("heading", { name: "No draft fits" }).waitFor();
    expect(await facts("review-3")).toEqual(["A fact about review-3."]);
    await page.goto("/movies/review-1/trivia");
    await page.getByText(/The last draft was discarded by .*A rumour\./).waitFor();
  });

  test("a key publishes no draft with a conflict or an ambiguous name", async () => {
    for (const [id, person] of [
      ["film-x", "mcqueen-actor"],
      ["film-y", "mcqueen-director"],
    ] as const) {
      await studio.createMovie(id, id);
      const data = { cast: [{ id: person, name: "Steve McQueen" }] };
      await studio.import(id, { category: "cast_crew", movie_id: id, data }, { source: "TMDB" });
    }
    await studio.createMovie("asking", "Asking");
    const producers = [{ name: "Steve McQueen" }];
    await draft(studio, { category: "cast_crew", movie_id: "asking", data: { producers } });
    await studio.createMovie("clashing", "Clashing");
    const tagline = (text: string) => ({
      category: "basic_info",
      movie_id: "clashing",
      data: { tagline: text },
    });
    await draft(studio, tagline("Of the draft."), { source: "MANUAL" });
    await studio.import("clashing", tagline("Of somebody else."));

    const page = await studio.open("/drafts?category=CAST_CREW");
    await page.getByRole("link", { name: "Asking" }).click();
    await page.getByText("1 ambiguous name").waitFor();
    await page.keyboard.press("a");
    await toast(page, "The key publishes nothing that needs a decision.").waitFor();
    expect(await page.getByRole("button", { name: /^Publish/ }).isDisabled()).toBe(true);
    await page.getByRole("radio", { name: /film-x/ }).check();
    await button(page, "Publish 1 change").click();
    await toast(page, "Cast & crew of Asking is published").waitFor();

    await visit(page, "/drafts?category=BASIC_INFO");
    await page.getByRole("link", { name: "Clashing" }).click();
    await page.getByText("1 conflict, nothing removed").waitFor();
    await page.keyboard.press("a");
    await page.getByLabel("Conflicts").selectOption({ label: "Keep the published values" });
    await page.getByText("Nothing would change").waitFor();
    await page.keyboard.press("a");
    const { data } = await studio.document("clashing", "BASIC_INFO", "DRAFT");
    expect(data["tagline"]).toBe("Of the draft.");
    await button(page, "Publish draft").click();
    await toast(page, "Basic info of Clashing is published").waitFor();
    const published = await studio.document("clashing", "BASIC_INFO");
    expect(published.data["tagline"]).toBe("Of somebody else.");
  });

  test("a draft that another admin has closed is not shown as open, and can be edited before", async () => {
    await studio.createMovie("closing", "Closing");
    await draft(studio, timeline("closing", "Preview"), { source: "LLM_GENERATED" });
    const list = "/drafts?category=TIMELINE&source=LLM_GENERATED";
    const page = await studio.open(list);
    await page.getByRole("link", { name: "Closing" }).click();
    await shownPlan(page, "Preview");
    await page.keyboard.press("e");
    await page.getByText("Preview", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toContain("view=edit");
    await page.goBack();
    await shownPlan(page, "Preview");
    await studio.graphql(
      `mutation ($input: DiscardDraftInput!) {
        discardDraft(input: $input) { deletedDraftId } }`,
      { input: { movieId: "closing", category: "TIMELINE" } },
    );
    await page.keyboard.press("a");
    // The page may have been told already that the draft is closed.
    await page.locator(".review-plan [role=alert], .review > .plan-notice").first().waitFor();
    await page.reload();
    await page.getByText("This draft is closed").waitFor();
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
