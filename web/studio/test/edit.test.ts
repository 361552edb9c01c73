// Editing in place: a form, the plan of what was edited, and edits that nothing loses.
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { PASSWORD, Studio, toast, violations, type Account } from "./support/studio.ts";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

const MOVIE = "tmdb-550";
const button = (page: Page | Locator, name: string | RegExp) => page.getByRole("button", { name });
const field = (page: Page | Locator, name: string) =>
  page.getByRole("textbox", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row", { name });

async function edit(category: string, account?: Account, movie = MOVIE): Promise<Page> {
  const page = await studio.open(`/movies/${movie}/${category}`, account);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /^Edit/ }).waitFor();
  return page;
}

async function look(page: Page): Promise<void> {
  await button(page, "See what would change").click();
  await page.getByRole("heading", { name: "What this would change" }).waitFor();
}

test("fields are changed, filled in and emptied, and published with a plan", async () => {
  const before = await studio.document(MOVIE, "BASIC_INFO");
  const page = await edit("basic-info");
  expect(await violations(page)).toEqual([]);
  await page.getByText("Nothing is changed yet").waitFor();
  expect(await button(page, "See what would change").isDisabled()).toBe(true);

  await field(page, "Runtime in minutes").fill("140");
  await field(page, "Tagline").fill("");
  await page.getByRole("combobox", { name: "Status" }).selectOption({ label: "Upcoming" });
  await field(page, "Genres").fill("Western");
  await field(page, "Genres").press("Enter");
  await page.getByText("4 edits").waitFor();
  await look(page);
  await page.getByText("4 changes").first().waitFor();
  await button(page, "Publish 4 changes").click();
  await toast(page, /is published as revision 2/).waitFor();
  await page.getByRole("link", { name: "Edit", exact: true }).waitFor();

  const after = await studio.document(MOVIE, "BASIC_INFO");
  const { tagline, ...rest } = before.data as Record<string, unknown>;
  expect(tagline).toBeTypeOf("string");
  expect(after.data).toEqual({
    ...rest,
    runtime: 140,
    status: "upcoming",
    genres: [...(rest["genres"] as string[]), "Western"],
  });
  expect(after.metadata).toMatchObject({ source: "manual", revision: 2 });
});

test("what is wrong is said at its field, and nothing is sent", async () => {
  const page = await edit("basic-info", undefined, "tmdb-238");
  await field(page, "Title").fill("");
  await field(page, "Runtime in minutes").fill("two hours");
  await field(page, "Release date").fill("14.3.1972");
  await page.getByText("Write a whole number from 1 to 60,000, without other").waitFor();
  await page.getByText("Write a date as YYYY-MM-DD, for example").waitFor();
  await button(page, "See what would change").click();
  await page.getByText("3 edits · 3 fields need correction").waitFor();
  await page.getByText("This is needed.").waitFor();
  expect(await violations(page)).toEqual([]);
  await button(page, "Discard edits").click();
  await button(dialog(page), "Discard edits").click();
  await page.getByText("Nothing is changed yet").waitFor();
  expect(await field(page, "Runtime in minutes").inputValue()).toMatch(/^\d+$/);
});

test("items are added, edited, moved with the keyboard, removed and restored", async () => {
  const movie = "tmdb-603";
  const before = (await studio.document(movie, "TRIVIA")).data["items"] ?? [];
  expect(before.length).toBeGreaterThanOrEqual(2);
  const [first, second] = before.map(({ text }) => text as string) as [string, string];
  const page = await edit("trivia", undefined, movie);

  await button(page, "Add to facts").click();
  await field(dialog(page), "Text").fill("A fact that was written by hand.");
  expect(await violations(page)).toEqual([]);
  await button(dialog(page), "Done").click();
  // An item that was added and not filled in is not kept.
  await button(page, "Add to facts").click();
  await button(dialog(page), "Done").click();
  await page.getByText("1 edit", { exact: true }).waitFor();

  await button(row(page, second), /^Edit/).click();
  await field(dialog(page), "Category").fill("by hand");
  await button(dialog(page), "Done").click();
  await button(row(page, first), /^Remove/).click();
  await row(page, first).getByText("removed").waitFor();
  await button(row(page, first), /^Restore/).click();
  await page.getByText("2 edits", { exact: true }).waitFor();
  // The last item is moved to the first place.
  const move = button(row(page, "A fact that was written by hand."), /^Move/);
  await move.focus();
  await page.keyboard.press("Enter");
  const target = page.locator("[data-drop-target] [aria-label]");
  await target.waitFor();
  await vi.waitFor(async () => {
    await page.keyboard.press("Home");
    expect(await target.getAttribute("aria-label")).toBe(`Insert before ${first}`);
  });
  await page.keyboard.press("Enter");
  await look(page);
  await button(page, /^Publish \d changes/).click();
  await toast(page, /is published as revision 2/).waitFor();

  const after = (await studio.document(movie, "TRIVIA")).data["items"] ?? [];
  expect(after.map(({ id }) => id)).toEqual([expect.anything(), ...before.map(({ id }) => id)]);
  expect(after[0]).toMatchObject({ text: "A fact that was written by hand." });
  expect(after[2]).toEqual({ ...before[1], category: "by hand" });
  expect(after.length).toBe(before.length + 1);
});

test("a removed item is removed, and undo brings it back", async () => {
  const before = await studio.document(MOVIE, "TRIVIA");
  const [first] = before.data["items"] ?? [];
  const page = await edit("trivia");
  await button(row(page, first?.["text"] as string), /^Remove/).click();
  await look(page);
  await page.getByText("1 thing is removed").waitFor();
  await button(page, "Publish 1 change").click();
  const message = toast(page, /is published as revision/);
  await message.waitFor();
  expect((await studio.document(MOVIE, "TRIVIA")).data["items"]).toEqual(
    before.data["items"]?.slice(1),
  );
  await message.getByRole("button", { name: "Undo" }).click();
  await toast(page, /^Undone/).waitFor();
  expect((await studio.document(MOVIE, "TRIVIA")).data).toEqual(before.data);
});

test("a person is found as one types, and the credit is theirs", async () => {
  const movie = "tmdb-346698";
  const [known] = (await studio.document(MOVIE, "CAST_CREW")).data["cast"] ?? [];
  const page = await edit("cast-crew", undefined, movie);
  await button(page, "Add to cast").click();
  await field(dialog(page), "Name").fill(known?.["name"] as string);
  await page.getByText("Found by the name when").waitFor();
  const found = page.getByRole("list", { name: "Known people" });
  await button(found, new RegExp(known?.["id"] as string)).click();
  await page.getByText(`Stands for ${known?.["id"] as string}.`).waitFor();
  await field(dialog(page), "Character").fill("Herself");
  expect(await violations(page)).toEqual([]);
  await button(dialog(page), "Done").click();
  await look(page);
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 2/).waitFor();
  const added = (await studio.document(movie, "CAST_CREW")).data["cast"]?.at(-1);
  expect(added).toMatchObject({ id: known?.["id"], character: "Herself" });
});

test("edits survive a reload, and are merged with what others publish meanwhile", async () => {
  const movie = "tmdb-680";
  const page = await edit("basic-info", undefined, movie);
  await field(page, "Tagline").fill("Written before the reload.");
  await page.getByText("1 edit", { exact: true }).waitFor();
  const published = { category: "basic_info", movie_id: movie, data: { rating: "X" } };
  await studio.import(movie, published);
  await page.getByText("Revision 2 was published after you began.").waitFor();
  await page.reload();
  await page.getByText("These are your edits from an earlier visit.").waitFor();
  expect(await field(page, "Tagline").inputValue()).toBe("Written before the reload.");

  // The page of the movie leads back to the edits.
  await button(page, "Back to the movie").click();
  await page.getByRole("link", { name: "Continue editing" }).click();
  await look(page);
  // The rating of the form is older: it is not what was edited, and is not sent.
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 3/).waitFor();
  expect((await studio.document(movie, "BASIC_INFO")).data).toMatchObject({
    tagline: "Written before the reload.",
    rating: "X",
  });
  await page.getByRole("link", { name: "Edit", exact: true }).waitFor();
});

test("a conflict with a change of another user is asked about", async () => {
  const movie = "tmdb-680";
  const page = await edit("basic-info", undefined, movie);
  await field(page, "Runtime in minutes").fill("11");
  await studio.import(movie, { category: "basic_info", movie_id: movie, data: { runtime: 12 } });
  await look(page);
  const theirs = page.getByRole("radio", { name: /Now in the catalogue.*12/ });
  await theirs.waitFor();
  await page.getByRole("radio", { name: /11/ }).check();
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 5/).waitFor();
  expect((await studio.document(movie, "BASIC_INFO")).data).toMatchObject({ runtime: 11 });
});

test("a conflict in the text of an item is asked about", async () => {
  const movie = "tmdb-680";
  const before = await studio.document(movie, "TRIVIA");
  const [first, ...rest] = before.data["items"] ?? [];
  const page = await edit("trivia", undefined, movie);
  await button(row(page, first?.["text"] as string), /^Edit/).click();
  await field(dialog(page), "Text").fill("My text.");
  await button(dialog(page), "Done").click();
  const items = [{ ...first, text: "Their text." }, ...rest];
  await studio.import(movie, { ...before, data: { items } });
  await look(page);
  await page.getByText("Settle the open questions above first.").waitFor();
  await page.getByRole("radio", { name: /Now in the catalogue.*Their text/ }).check();
  expect(await button(page, /^Publish/).isDisabled()).toBe(true);
  expect((await studio.document(movie, "TRIVIA")).data["items"]?.[0]?.["text"]).toBe("Their text.");
});

test("edits that were unticked in the plan are kept", async () => {
  const movie = "tmdb-27205";
  const page = await edit("basic-info", undefined, movie);
  await field(page, "Tagline").fill("Not yet.");
  await field(page, "Certificate").fill("PG-12");
  await look(page);
  await page.getByRole("checkbox", { name: /Tagline/ }).uncheck();
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 2/).waitFor();
  await page.getByRole("link", { name: "Continue editing" }).click();
  expect(await field(page, "Tagline").inputValue()).toBe("Not yet.");
  await look(page);
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 3/).waitFor();
  expect((await studio.document(movie, "BASIC_INFO")).data).toMatchObject({
    tagline: "Not yet.",
    rating: "PG-12",
  });
});

test("a value that is not taken as it was typed is shown in the plan", async () => {
  const page = await edit("basic-info", undefined, "tmdb-13");
  await field(page, "Tagline").fill("N/A");
  await look(page);
  await page.getByText("None of your edits changes anything").waitFor();
  await page.locator(".folded[open]").getByText("/tagline").waitFor();
});

test("without a name, an item is linked to nobody", async () => {
  const page = await edit("awards");
  await button(page.getByRole("row").filter({ hasText: "Helena Bonham Carter" }), /^Edit/).click();
  await page.getByText("Stands for tmdb-person-1283.").waitFor();
  await field(dialog(page), "Nominee").fill("Somebody");
  await page.getByText("Still stands for tmdb-person-1283").waitFor();
  await field(dialog(page), "Nominee").fill("");
  await button(dialog(page), "Done").click();
  await look(page);
  await button(page, /^Publish/).click();
  await toast(page, /is published as revision/).waitFor();
  const awards = (await studio.document(MOVIE, "AWARDS")).data["awards"] ?? [];
  expect(awards.filter(({ nominee_id: id }) => id === "tmdb-person-1283")).toEqual([]);
});

test("two tabs with edits of one document know of each other, and delete nothing", async () => {
  const movie = "tmdb-129";
  const one = await edit("basic-info", undefined, movie);
  const other = await one.context().newPage();
  await other.goto(one.url());
  await field(other, "Certificate").fill("X");
  await one.getByText("is being edited in another tab too").waitFor();
  await field(one, "Tagline").fill("Of the first tab.");
  await other.getByText("is being edited in another tab too").waitFor();
  await field(other, "Certificate").fill("X-10");
  await one.getByText("1 edit", { exact: true }).waitFor();
  await look(one);
  await button(one, "Publish 1 change").click();
  await toast(one, /is published as revision 2/).waitFor();
  await other.reload();
  await other.getByText("These are your edits from an earlier visit.").waitFor();
  expect(await field(other, "Certificate").inputValue()).toBe("X-10");
});

test("leaving the plan leads back to the edits", async () => {
  const page = await edit("basic-info", undefined, "tmdb-238");
  await field(page, "Certificate").fill("PG");
  for (const name of ["Keep editing", "Cancel"]) {
    await look(page);
    await button(page, name).click();
    expect(await field(page, "Certificate").inputValue()).toBe("PG");
  }
});

test("a session that ends while one edits is asked for again, and nothing is lost", async () => {
  const page = await edit("basic-info", undefined, "tmdb-238");
  await field(page, "Certificate").fill("NC-17");
  await studio.endSessions();
  await button(page, "See what would change").click();
  const question = page.getByRole("alertdialog");
  await question.getByLabel("Password").fill(PASSWORD);
  await button(question, "Sign in").click();
  await button(page, "Publish 1 change").click();
  await toast(page, /is published as revision 2/).waitFor();
});

test("a contributor edits into the draft, and goes on in it; a viewer does not edit", async () => {
  const movie = "tmdb-238";
  const contributor = await studio.account("CONTRIBUTOR");
  const page = await edit("timeline", contributor, movie);
  await button(page, "Add to events").click();
  await field(dialog(page), "Date").fill("1972-03");
  await field(dialog(page), "Title").fill("By hand");
  await button(dialog(page), "Done").click();
  await look(page);
  await button(page, "Save 1 change as draft").click();
  await toast(page, /Saved in the draft of timeline/).waitFor();

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByText("Begun with the draft").waitFor();
  await button(row(page, "By hand"), /^Edit/).click();
  await field(dialog(page), "Description").fill("Later");
  await button(dialog(page), "Done").click();
  await look(page);
  await button(page, "Save 1 change as draft").click();
  await page.getByRole("link", { name: "Edit", exact: true }).waitFor();
  expect(await page.evaluate(() => Object.keys(localStorage))).not.toContainEqual(
    expect.stringContaining("reelport.edits"),
  );
  const events = (await studio.document(movie, "TIMELINE", "DRAFT")).data["events"];
  expect(events?.at(-1)).toMatchObject({ title: "By hand", description: "Later" });

  const viewer = await studio.account("VIEWER");
  const reader = await studio.open(`/movies/${movie}/timeline?view=edit`, viewer);
  await reader.getByRole("button", { name: "Export JSON" }).waitFor();
  expect(await reader.getByRole("link", { name: "Edit", exact: true }).count()).toBe(0);
});
