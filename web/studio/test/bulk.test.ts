// Exports of many movies from the catalogue: by selection and by filters, as each kind of file.
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PASSWORD, Studio, toast, violations } from "./support/studio.ts";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
  await studio.createMovie("tmdb-32891", "Mother India");
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

interface Line {
  movie_id: string;
  category: string;
  data: Record<string, unknown>;
  prompt: string;
}

/** The catalogue, with its rows. */
async function catalogue(address: string): Promise<Page> {
  const page = await studio.open(address);
  await page.locator("a.movie-link").first().waitFor();
  return page;
}

const dialogOf = (page: Page) => page.getByRole("dialog", { name: /^Export / });
const linesOf = async (file: Download): Promise<Line[]> =>
  (await readFile(await file.path(), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

/** Presses Export in the dialog, and waits for the file. */
async function exported(page: Page): Promise<Download> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    dialogOf(page).getByRole("button", { name: "Export", exact: true }).click(),
  ]);
  await toast(page, `${file.suggestedFilename()} was saved`).waitFor();
  return file;
}

test("all movies without awards are exported as templates, and come back filled in", async () => {
  const page = await catalogue("/?missing=AWARDS");
  await page.getByRole("button", { name: "Export…" }).click();
  const dialog = dialogOf(page);
  await dialog.getByText("Empty documents are in it as templates").waitFor();
  expect(await dialog.getByRole("checkbox", { checked: true }).count()).toBe(1);
  await dialog.getByLabel("Format").selectOption({ label: "NDJSON: a line for each document" });
  const file = await exported(page);
  expect(file.suggestedFilename()).toMatch(/^reelport-\d{4}-\d\d-\d\d\.ndjson$/);
  const lines = await linesOf(file);
  expect(lines.map(({ movie_id, category }) => [movie_id, category])).toEqual([
    ["tmdb-32891", "awards"],
  ]);
  const [first] = lines;
  expect(first?.data).toEqual({ awards: [] });

  const award = { ceremony: "Dock Prize", year: 2001, category: "Best Film", result: "winner" };
  await studio.import(first?.movie_id ?? "", { ...first, data: { awards: [award] } });
  await page.reload();
  await page.getByRole("heading", { name: "No movie fits" }).waitFor();
});

test("movies are selected by ticks, ranges and keys, over several searches", async () => {
  const page = await catalogue("/?sort=title-asc");
  const tick = (at: number) => page.locator(".cell-select input").nth(at);
  const selected = (text: string) => page.getByText(text, { exact: true }).waitFor();
  await tick(0).check();
  await tick(3).click({ modifiers: ["Shift"] });
  await selected("4 movies selected");
  await tick(1).uncheck();
  await selected("3 movies selected");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("x");
  await page.getByLabel("Search titles").fill("inception");
  await page.locator(".found").filter({ hasText: "1 movie" }).waitFor();
  await tick(0).check();
  await selected("4 movies selected");
  await page.getByRole("button", { name: "Export selected…" }).click();
  const dialog = page.getByRole("dialog", { name: "Export 4 movies" });
  for (const name of ["Media", "Streaming"]) await dialog.getByLabel(name).uncheck();
  expect(await violations(page)).toEqual([]);
  const names = entriesOf(await readFile(await (await exported(page)).path()));
  expect(names.at(-1)).toBe("manifest.json");
  const movies = new Set(names.slice(0, -1).map((name) => name.split("/")[0]));
  expect(movies.size).toBe(4);
  expect([...movies]).toContain("tmdb-27205");
  expect(names.some((name) => /media|streaming/.test(name))).toBe(false);

  await page.getByRole("button", { name: "Clear selection" }).click();
  await page.getByRole("button", { name: "Export selected…" }).waitFor({ state: "detached" });
});

test("prompts name each movie by its title", async () => {
  const page = await catalogue("/?q=barbie");
  await page.getByRole("button", { name: "Export…" }).click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Trivia").waitFor();
  for (const box of await dialog.getByRole("checkbox").all()) await box.uncheck();
  await dialog.getByText("Choose at least one category.").waitFor();
  expect(await dialog.getByRole("button", { name: "Export", exact: true }).isDisabled()).toBe(true);
  await dialog.getByLabel("Trivia").check();
  await dialog.getByLabel("Format").selectOption("prompts");
  const lines = await linesOf(await exported(page));
  expect(lines.map(({ movie_id, category }) => [movie_id, category])).toEqual([
    ["tmdb-346698", "trivia"],
  ]);
  expect(lines[0]?.prompt).toContain('Enrich the trivia of the movie "Barbie" (2023)');
});

test("an export that is stopped or cut short saves nothing, and says so", async () => {
  const page = await catalogue("/");
  const files: Download[] = [];
  page.on("download", (file) => files.push(file));
  const route = "**/api/v1/admin/movies/export*";
  const start = dialogOf(page).getByRole("button", { name: "Export", exact: true });
  await page.route(route, () => undefined);
  await page.getByRole("button", { name: "Export…" }).click();
  await start.click();
  await page.getByText("received").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await start.waitFor();

  await page.unroute(route);
  await page.route(route, (request) => request.abort());
  await start.click();
  await page.getByText("Nothing was saved: the service cannot be reached").waitFor();

  await page.unroute(route);
  await page.route(route, (request) =>
    request.fulfill({ status: 503, json: { detail: "8 exports run already" } }),
  );
  await start.click();
  await page.getByText("Nothing was saved: 8 exports run already").waitFor();
  expect(files).toEqual([]);
  studio.complaints.splice(0);
});

test("a session that has ended is asked for again, and the export goes on", async () => {
  const page = await catalogue("/?q=barbie");
  await page.getByRole("button", { name: "Export…" }).click();
  await dialogOf(page).waitFor();
  await studio.endSessions();
  const download = page.waitForEvent("download");
  await dialogOf(page).getByRole("button", { name: "Export", exact: true }).click();
  const again = page.getByRole("alertdialog", { name: "Your session has ended" });
  await again.getByLabel("Password").fill(PASSWORD);
  await again.getByRole("button", { name: "Sign in" }).click();
  expect(entriesOf(await readFile(await (await download).path()))).toContain("manifest.json");
});

/** The names in the central directory of a ZIP archive. */
function entriesOf(archive: Buffer): string[] {
  const names: string[] = [];
  for (let at = archive.indexOf("PK\u0001\u0002"); at >= 0;) {
    names.push(archive.toString("utf8", at + 46, at + 46 + archive.readUInt16LE(at + 28)));
    at = archive.indexOf("PK\u0001\u0002", at + 46);
  }
  return names;
}
