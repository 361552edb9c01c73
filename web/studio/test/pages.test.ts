// Every page and dialog, in both colour schemes and three sizes: axe finds nothing, and nothing is
// wider than the window. STUDIO_SCREENSHOTS=FOLDER keeps a picture of each.
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Looks, press, ready, type Look, type Size } from "./support/look.ts";
import { SCHEMES, signIn, SIZES, Studio, violations } from "./support/studio.ts";

const FOLDER = process.env["STUDIO_SCREENSHOTS"];
const BARBIE = "/movies/tmdb-346698";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
  const trivia = {
    category: "trivia",
    movie_id: "tmdb-346698",
    data: {
      items: [
        {
          text: "Three of its songs were on the shortlist for the Academy Award.",
          category: "music",
        },
        { text: "Ken learns it.", spoiler: true },
      ],
    },
  };
  await studio.import("tmdb-346698", trivia, { target: "DRAFT", source: "LLM_GENERATED" });
  const tagline = (text: string) => ({
    category: "basic_info",
    movie_id: "tmdb-550",
    data: { tagline: text },
  });
  await studio.import("tmdb-550", tagline("Of the draft."), { target: "DRAFT" });
  await studio.import("tmdb-550", tagline("Mischief. Mayhem. Soap. Again."));
  await studio.import(
    "tmdb-550",
    {
      category: "timeline",
      movie_id: "tmdb-550",
      data: { events: [{ date: "2026-01", title: "A restored version is shown" }] },
    },
    { source: "LLM_GENERATED" },
  );
  await studio.createMovie("tmdb-32891", "मदर इंडिया");
  for (const [id, title, list, person] of [
    ["tmdb-916", "Bullitt", "cast", "mcqueen-actor"],
    ["tmdb-76203", "12 Years a Slave", "directors", "mcqueen-director"],
  ] as const) {
    await studio.createMovie(id, title);
    await studio.import(
      id,
      {
        category: "cast_crew",
        movie_id: id,
        data: { [list]: [{ id: person, name: "Steve McQueen" }] },
      },
      { source: "TMDB" },
    );
  }
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

/** An answer of a model that has everything a plan can show. */
async function answer(): Promise<string> {
  const { data, metadata } = await studio.document("tmdb-550", "CAST_CREW");
  const [first, second, ...rest] = data["cast"] ?? [];
  const cast = [
    { ...first, character: "The Narrator, who has no name" },
    ...rest,
    { name: "Ann Somebody", character: "Q" },
  ];
  expect(second).toBeDefined();
  return JSON.stringify(
    {
      category: "cast_crew",
      movie_id: "tmdb-550",
      data: { cast, producers: [{ name: "Steve McQueen", mood: "cool" }] },
      metadata,
    },
    null,
    2,
  );
}

function conflict(): string {
  const data = { tagline: "How much can you know about yourself?", runtime: "140 min" };
  return JSON.stringify({
    category: "basic_info",
    movie_id: "tmdb-550",
    data,
    metadata: { revision: 1, source: "llm-generated" },
  });
}

async function plan(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /Document/ }).fill(text);
  await page.getByRole("button", { name: "See what would change" }).click();
  await page.getByRole("heading", { name: "What this would change" }).waitFor();
}

async function selectDrafts(page: Page): Promise<void> {
  const box = page.locator(".cell-select input").first();
  await box.waitFor();
  // Drafts stay selected on other pages.
  if (!(await box.isChecked())) await box.check();
  await page.locator(".selection-bar").waitFor();
}

/** Opens the draft of a movie out of the list. */
const review = (movie: string) => async (page: Page) => {
  await page.locator(`a.movie-link[href*="tmdb-${movie}"]`).click();
  await page.locator(".review-plan .card").first().waitFor();
};

const PAGES: Look[] = [
  ["catalogue", "/", ready("a.movie-link")],
  ["catalogue-filtered", "/?missing=TRIVIA", ready("a.movie-link")],
  ["catalogue-nothing", "/?q=nothing+like+it", ready(".notice")],
  ["export", "/?missing=AWARDS", press("Export…", "[role=dialog]")],
  [
    "selection",
    "/",
    async (page) => {
      await page.locator(".cell-select input").nth(1).check();
      await page.locator(".selection-bar").waitFor();
    },
  ],
  ["add-movie", "/", press("Add movie", "[role=dialog]")],
  ["basic-info", `${BARBIE}/basic-info`, ready(".fact")],
  ["cast-crew", `${BARBIE}/cast-crew`, ready(".person")],
  ["timeline", "/movies/tmdb-550/timeline", ready(".event")],
  ["trivia", "/movies/tmdb-550/trivia", ready(".fact-card")],
  ["awards", `${BARBIE}/awards`, ready(".award")],
  ["media", `${BARBIE}/media`, ready(".tile")],
  ["light-box", `${BARBIE}/media`, press("The Dreamhouse", "[role=dialog]")],
  ["streaming", `${BARBIE}/streaming`, ready(".offer")],
  ["empty", "/movies/tmdb-32891/awards", ready(".notice")],
  ["edit", `${BARBIE}/basic-info?view=edit`, ready(".edit-fields")],
  ["edit-list", `${BARBIE}/cast-crew?view=edit`, ready(".edit-row")],
  [
    "edit-item",
    `${BARBIE}/awards?view=edit`,
    async (page) => {
      await page
        .getByRole("button", { name: /^Edit / })
        .first()
        .click();
      await page.locator("[role=dialog]").waitFor();
    },
  ],
  [
    "edit-wrong",
    `${BARBIE}/streaming?view=edit`,
    async (page) => {
      await press("Add to offers", "[role=dialog]")(page);
      await page.getByRole("dialog").getByLabel("Price").fill("cheap");
      await page.locator(".field-error").first().waitFor();
    },
  ],
  ["json", `${BARBIE}/trivia?view=json`, ready(".cm-line")],
  ["history", "/movies/tmdb-550/basic-info?view=history", ready(".comparison .card")],
  [
    "bring-back",
    "/movies/tmdb-550/basic-info?view=history&to=1",
    press("Bring back revision 1", "[role=dialog]"),
  ],
  ["draft", `${BARBIE}/trivia?stage=draft`, ready(".draft-bar")],
  ["draft-plan", `${BARBIE}/trivia?stage=draft`, press("Publish draft", "[role=dialog] .card")],
  ["discard", `${BARBIE}/trivia?stage=draft`, press("Discard draft", "[role=dialog]")],
  ["drafts", "/drafts", ready("a.movie-link")],
  ["drafts-filtered", "/drafts?category=TRIVIA&source=LLM_GENERATED", ready("a.movie-link")],
  ["drafts-save-view", "/drafts?category=TRIVIA", press("Save this view…", "[role=dialog]")],
  ["drafts-nothing", "/drafts?source=TMDB", ready(".notice")],
  ["drafts-selection", "/drafts", selectDrafts],
  ["drafts-additions", "/drafts", press("Publish those that only add…", "[role=dialog]")],
  [
    "drafts-publish",
    "/drafts",
    async (page) => {
      await selectDrafts(page);
      await press("Publish selected…", "[role=dialog]")(page);
    },
  ],
  [
    "drafts-discard",
    "/drafts",
    async (page) => {
      await selectDrafts(page);
      await press("Discard selected…", "[role=dialog]")(page);
    },
  ],
  ["review", "/drafts", review("346698")],
  [
    "review-conflict",
    "/drafts",
    async (page) => {
      await review("550")(page);
      await page.locator(".review-plan .tone-conflict").waitFor();
    },
  ],
  ["review-closed", "/movies/tmdb-13/trivia?stage=draft&queue=all", ready(".plan-notice")],
  ["no-movie", "/movies/tmdb-1/trivia", ready(".notice")],
  ["import", "/import", ready("textarea")],
  ["plan", "/import", async (page) => plan(page, await answer())],
  [
    "plan-open",
    "/import",
    async (page) => {
      await plan(page, await answer());
      for (const summary of await page.locator(".folded summary").all()) await summary.click();
    },
  ],
  ["plan-conflict", "/import", async (page) => plan(page, conflict())],
  [
    "plan-problem",
    "/import",
    (page) =>
      plan(
        page,
        '{"category": "timeline", "movie_id": "tmdb-550", "data": {"events": [{"date": "2023-13"}]}}',
      ),
  ],
  [
    "plan-nothing",
    "/import",
    async (page) => plan(page, JSON.stringify(await studio.document("tmdb-13", "TRIVIA"))),
  ],
];

const sizes = Object.keys(SIZES) as Size[];

describe.each(SCHEMES)("%s", (scheme) => {
  test.each(sizes)("%s: every page and dialog", { timeout: 240_000 }, async (size) => {
    const page = await (await studio.visitor({ size, scheme })).newPage();
    const looks = new Looks(page, size, scheme);
    await page.goto("/");
    await page.getByLabel("Email").waitFor();
    await looks.look("sign-in");
    await signIn(page);
    await looks.lookAt(PAGES);
    await studio.endSessions();
    await page.goto("/drafts");
    await page.getByLabel("Email").waitFor();
    looks.check();
  });
});

test("the question for a new log-in", async () => {
  for (const scheme of SCHEMES) {
    const page = await studio.open("/", undefined, { scheme, size: "phone" });
    await page.locator("a.movie-link").first().waitFor();
    await studio.endSessions();
    await page.getByLabel("Search titles").fill("barbie");
    await page.getByRole("alertdialog").waitFor();
    expect(await violations(page)).toEqual([]);
    if (FOLDER !== undefined)
      await page.screenshot({ path: path.join(FOLDER, `expired-390-${scheme}.png`) });
    await page.close();
  }
});

test("the keyboard alone: from the log-in to a published change", async () => {
  const page = await (await studio.visitor()).newPage();
  await page.goto("/import");
  await page.getByLabel("Email").waitFor();
  await page.keyboard.type("admin@example.com");
  await page.keyboard.press("Tab");
  await page.keyboard.type("correct horse battery");
  await page.keyboard.press("Enter");
  const text = page.getByRole("textbox", { name: /Document/ });
  await text.waitFor();
  const tabTo = async (name: string) => {
    for (let steps = 0; steps < 40; steps += 1) {
      const label = await page.evaluate(() => {
        const active = document.activeElement;
        return active?.getAttribute("aria-label") ?? active?.textContent ?? "";
      });
      if (label.includes(name)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${name} is not reached with Tab`);
  };
  await text.focus();
  await page.keyboard.insertText(
    JSON.stringify({
      category: "trivia",
      movie_id: "tmdb-238",
      data: { items: [{ text: "By keyboard." }, { text: "Not this." }] },
    }),
  );
  await tabTo("See what would change");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What this would change" }).waitFor();
  await tabTo("Take this change: Trivia: Not this.");
  await page.keyboard.press("Space");
  await tabTo("Publish 1 change");
  await page.keyboard.press("Enter");
  await page.getByText("is published as revision 2").waitFor();
});
