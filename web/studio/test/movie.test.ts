// A movie: each category as a person reads it and as JSON, the file, the prompt, history.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Studio, toast, type Envelope } from "./support/studio.ts";

const BARBIE = "tmdb-346698";
let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

const tab = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Categories" }).getByRole("link", { name });

test("every category is shown as a person reads it", async () => {
  const page = await studio.open(`/movies/${BARBIE}`);
  await page.getByRole("heading", { name: "Barbie" }).waitFor();
  await page.getByText("US$145,000,000").waitFor();
  await page.getByText("She's everything. He's just Ken.").waitFor();

  await tab(page, "Cast & crew").click();
  await page.getByRole("heading", { name: /^Cast \d/ }).waitFor();
  const cast = page.locator(".people.grid").first().locator(".person");
  await expect.poll(() => cast.first().innerText()).toContain("Margot Robbie");

  await tab(page, "Timeline").click();
  await page.locator("time").first().waitFor();
  await expect
    .poll(() => page.locator("time").allInnerTexts())
    .toEqual(["2019", "Mar 2022", "9 Jul 2023", "21 Jul 2023", "Aug 2023", "10 Mar 2024"]);

  await tab(page, "Awards").click();
  const oscars = page.locator(".ceremony").filter({ hasText: "Academy Awards" }).first();
  await oscars.getByText("1 win, 4 nominations").waitFor();
  // The win comes first and is marked.
  await expect
    .poll(() => oscars.locator(".award").first().innerText())
    .toContain("Best Original Song");
  await oscars.locator(".award").first().getByText("Won").waitFor({ state: "attached" });

  await tab(page, "Media").click();
  await page.getByRole("button", { name: "The Dreamhouse" }).click();
  await page
    .getByRole("dialog", { name: "The Dreamhouse" })
    .getByText("images.example.org")
    .waitFor();
  await page.keyboard.press("Escape");

  await tab(page, "Streaming").click();
  await page.locator(".region").first().waitFor();
  await page.getByRole("heading", { name: /United States/ }).waitFor();
});

test("a spoiler is not in the page until it is asked for", async () => {
  const trivia = await studio.document("tmdb-550", "TRIVIA");
  const spoiler = trivia.data["items"]?.find((item) => item["spoiler"] === true);
  const text = String(spoiler?.["text"]);
  const page = await studio.open("/movies/tmdb-550/trivia");
  await page.getByRole("button", { name: "Spoiler: show it" }).first().waitFor();
  expect(await page.getByText(text).count()).toBe(0);
  await page.getByRole("button", { name: "Spoiler: show it" }).first().click();
  await page.getByText(text).waitFor();
});

test("JSON is on a switch, with an address of its own", async () => {
  const page = await studio.open(`/movies/${BARBIE}/trivia`);
  await page.getByRole("link", { name: "JSON" }).click();
  const editor = page.getByLabel("Trivia, JSON");
  await editor.getByText('"movie_id"').waitFor();
  expect(page.url()).toContain("view=json");
  await page.reload();
  await editor.getByText('"movie_id"').waitFor();
});

test("the saved file is the export, byte for byte of its values", async () => {
  const page = await studio.open(`/movies/${BARBIE}/awards`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export JSON" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${BARBIE}-awards.json`);
  const saved = JSON.parse(readFileSync(await download.path(), "utf8")) as Envelope;
  const expected = await studio.document(BARBIE, "AWARDS");
  expect({ ...saved, exported_at: null }).toEqual({ ...expected, exported_at: null });
  await toast(page, `${BARBIE}-awards.json was saved.`).waitFor();
});

test("the prompt has instructions, schema and document, and says how large it is", async () => {
  const page = await studio.open(`/movies/${BARBIE}/trivia`);
  await page.getByRole("button", { name: /^Copy prompt/ }).click();
  await toast(page, /about \d{3,4}.*tokens/)
    .or(toast(page, /about [\d,]+ tokens/))
    .first()
    .waitFor();
  const prompt = await page.evaluate(() => navigator.clipboard.readText());
  expect(prompt).toContain('the trivia of the movie "Barbie" (2023)');
  expect(prompt).toContain('"$schema":"https://json-schema.org/draft/2020-12/schema"');
  const blocks = prompt.match(/```json\n([\s\S]*?)\n```/g) ?? [];
  const file = JSON.parse(blocks.at(-1)?.slice(8, -4) ?? "") as Envelope;
  expect(file.data).toEqual((await studio.document(BARBIE, "TRIVIA")).data);
});

test("each item says where it comes from, on focus", async () => {
  const page = await studio.open("/movies/tmdb-603/timeline");
  const mark = page.getByRole("button", {
    name: /^Where this comes from: command line \(person\), Revision 1/,
  });
  await page.keyboard.press("Tab");
  await mark.first().focus();
  const details = await mark
    .first()
    .evaluate((element) => getComputedStyle(element, "::after").content);
  expect(details).toContain("command line (person)");
});

test("revisions are compared, and an old one is brought back", async () => {
  const movie = "tmdb-129";
  const before = await studio.document(movie, "BASIC_INFO");
  const change = (tagline: string) =>
    studio.import(movie, { category: "basic_info", movie_id: movie, data: { tagline } });
  await change("The tunnel led to a bathhouse of the gods.");
  await change("A wrong one");
  const page = await studio.open(`/movies/${movie}/basic-info`);
  await page.getByRole("link", { name: "History" }).click();
  const changes = page.locator(".comparison .card");
  await changes.filter({ hasText: "A wrong one" }).waitFor();
  await page.getByRole("button", { name: /^Revision 2/ }).click();
  await changes.filter({ hasText: "bathhouse" }).waitFor();
  expect(page.url()).toContain("to=2");
  await page.getByLabel("From").selectOption("3");
  await expect.poll(() => page.url()).toContain("from=3");
  await page.getByRole("button", { name: /^Revision 1/ }).click();
  await page.getByRole("button", { name: "Bring back revision 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Bring back revision 1?" });
  await dialog.getByText("1 value changes").waitFor();
  await dialog.getByRole("button", { name: "Bring back revision 1" }).click();
  await toast(page, "is published as revision 4").waitFor();
  await page.getByRole("button", { name: /^Revision 4/ }).waitFor();
  expect((await studio.document(movie, "BASIC_INFO")).data).toEqual(before.data);
});

test("unknown movies and categories have a page that leads back", async () => {
  const page = await studio.open("/movies/tmdb-1/timeline");
  await page.getByRole("heading", { name: "There is no such movie" }).waitFor();
  await page.getByRole("link", { name: "Open the catalogue" }).click();
  await page.getByRole("heading", { name: "Catalogue" }).waitFor();
});

test("a category without data says how to fill it", async () => {
  await studio.createMovie("bare-1", "Bare");
  const page = await studio.open("/movies/bare-1/awards");
  await page.getByRole("heading", { name: "No awards yet" }).waitFor();
  await page.getByText("Copy the prompt for a model, or import a file.").waitFor();
  const viewer = await studio.open("/movies/bare-1/awards", await studio.account("VIEWER"));
  await viewer.getByText("Nobody has filled this category yet.").waitFor();
});
