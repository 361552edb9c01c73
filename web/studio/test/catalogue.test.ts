// The catalogue: rows, search, filters, keys, adding a movie, and what is shown if there is nothing.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Studio, toast } from "./support/studio.ts";

const MANY = 230;
let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
  const movies = Array.from({ length: MANY }, (_, at) => {
    const data = { title: `Film ${String(at).padStart(4, "0")}`, year: `${1900 + (at % 90)}` };
    return JSON.stringify({ category: "basic_info", movie_id: `film-${at}`, data });
  });
  const { access } = await import("../../../clients/support/tokens.ts").then(({ logIn }) =>
    logIn(studio.server),
  );
  const response = await fetch(`${studio.server.url}/api/v1/admin/movies/import`, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson", Authorization: `Bearer ${access}` },
    body: movies.join("\n"),
  });
  expect(await response.text()).toContain('"rejected":0');
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

const links = (page: Page) => page.locator("a.movie-link");
const shows = (page: Page, text: string) =>
  page.locator(".found").filter({ hasText: text }).waitFor();

test("all movies can be reached by scrolling, and only those in view are in the page", async () => {
  const page = await studio.open("/?sort=title-asc&q=film+0");
  await shows(page, `${MANY} movies`);
  await expect.poll(() => links(page).first().innerText()).toContain("Film 0000");
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4000);
      return links(page).last().innerText();
    })
    .toContain(`Film 0${MANY - 1}`);
  expect(await links(page).count()).toBeLessThan(60);
  // Coming back finds the same place.
  const last = links(page).last();
  await last.click();
  await page.getByRole("heading", { name: `Film 0${MANY - 1}` }).waitFor();
  await page.goBack();
  await expect.poll(() => links(page).last().innerText()).toContain(`Film 0${MANY - 1}`);
});

test("search, filters and order are in the address, and survive a reload", async () => {
  const page = await studio.open("/");
  await shows(page, `${MANY + 12} movies`);
  await page.keyboard.press("/");
  await page.keyboard.type("amelie");
  await shows(page, "1 movie");
  await expect.poll(() => links(page).innerText()).toContain("Amélie");
  expect(page.url()).toContain("q=amelie");
  await page.keyboard.press("Escape");
  await shows(page, `${MANY + 12} movies`);

  await page.getByRole("button", { name: /^Trivia \d+\s?%/ }).click();
  await shows(page, `${MANY} movies`);
  await page.getByLabel("From year").fill("1985");
  await page.getByLabel("Sort").selectOption({ label: "Oldest year" });
  await expect.poll(() => page.url()).toMatch(/missing=TRIVIA.*from=1985.*sort=year-asc/);
  await expect.poll(() => links(page).first().innerText()).toContain("1985");
  const found = await page.locator(".found").innerText();
  await page.reload();
  await shows(page, found);
  await page.getByRole("button", { name: "Remove the filter: No trivia" }).click();
  await expect.poll(() => page.url()).not.toContain("missing");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await shows(page, `${MANY + 12} movies`);
  await page.getByLabel("Genre").selectOption("Science Fiction");
  await expect.poll(() => page.locator(".found").innerText()).not.toBe(`${MANY + 12} movies`);
});

test("j and k move through the movies, Enter opens one", async () => {
  const page = await studio.open("/?sort=title-asc&q=film");
  await links(page).first().waitFor();
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  await expect.poll(focused).toContain("Film 0001");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Film 0001" }).waitFor();
  // The keyboard goes on in the new page.
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("content");
});

test("a row says what is filled, what waits, and who changed it last", async () => {
  const trivia = { category: "trivia", movie_id: "film-7", data: { items: [{ text: "A fact" }] } };
  await studio.import("film-7", trivia, { target: "DRAFT", source: "LLM_GENERATED" });
  await studio.import("film-7", {
    ...trivia,
    category: "timeline",
    data: { events: [{ date: "1999", title: "E" }] },
  });
  const page = await studio.open("/?q=film+0007");
  await page
    .getByRole("img", { name: /^2 of 7 filled\. .*Trivia: empty, draft waiting/ })
    .waitFor();
  const row = page.locator("tr").filter({ hasText: "Film 0007" });
  await row.getByText("1 draft").waitFor();
  await row.getByRole("link", { name: /^Timeline, / }).click();
  await page.getByRole("heading", { name: "Film 0007" }).waitFor();
  expect(page.url()).toContain("/timeline");
});

test("a movie is added, and what is wrong with it is said at its field", async () => {
  const page = await studio.open("/");
  await page.getByRole("button", { name: "Add movie" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a movie" });
  await dialog.getByLabel("Id").fill("tmdb-550");
  await dialog.getByLabel("Title").fill("मदर इंडिया");
  await dialog.getByRole("button", { name: "Add movie" }).click();
  await dialog
    .locator(".field-error")
    .filter({ hasText: /tmdb-550/ })
    .waitFor();
  await dialog.getByLabel("Id").fill("tmdb-32891");
  await dialog.getByRole("button", { name: "Add movie" }).click();
  await toast(page, "मदर इंडिया was added.").waitFor();
  await page.getByRole("heading", { name: "मदर इंडिया" }).waitFor();
  await page.getByRole("link", { name: "Catalogue", exact: true }).first().click();
  await page.getByLabel("Search titles").fill("मदर");
  await shows(page, "1 movie");
});

test("nothing found, no service, and no network are each explained", async () => {
  const page = await studio.open("/?q=no+such+film");
  await page.getByRole("heading", { name: "No movie fits" }).waitFor();

  await page.route("**/graphql", (route) => route.abort());
  await page.getByLabel("Search titles").fill("barbie");
  await page.getByText("The service cannot be reached.").waitFor();
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await shows(page, "1 movie");

  await page.context().setOffline(true);
  await page.getByText("Offline: the service cannot be reached").waitFor();
  await page.context().setOffline(false);
  await page.getByText("Offline: the service cannot be reached").waitFor({ state: "detached" });
  studio.complaints.splice(0);
});

test("an empty catalogue says how to begin", async () => {
  const empty = await Studio.start({ demo: false });
  try {
    const page = await empty.open("/");
    await page.getByRole("heading", { name: "The catalogue is empty" }).waitFor();
    await empty.close();
  } finally {
    await empty.stop();
  }
});
