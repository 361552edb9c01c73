// The language of the browser: texts, dates and numbers.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ADMIN, overflow, SIZES, Studio, violations } from "./support/studio.ts";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

/** A page of a browser in this language, before the log-in. */
async function page(locale: string): Promise<Page> {
  const opened = await (await studio.visitor({ locale })).newPage();
  await opened.goto("/");
  return opened;
}

async function signIn(opened: Page, email: string, password: string, submit: string) {
  await opened.getByLabel(email).fill(ADMIN.email);
  await opened.getByLabel(password, { exact: true }).fill(ADMIN.password);
  await opened.getByRole("button", { name: submit, exact: true }).click();
}

const language = (opened: Page) => opened.locator("html").getAttribute("lang");

test("German, from the log-in to a plan", async () => {
  const opened = await page("de-AT");
  await signIn(opened, "E-Mail", "Passwort", "Anmelden");
  await opened.getByRole("heading", { level: 1, name: "Katalog" }).waitFor();
  expect(await language(opened)).toBe("de-AT");
  expect(await violations(opened)).toEqual([]);
  await opened.getByRole("link", { name: "Import", exact: true }).click();
  const events = [{ date: "2030", title: "Wiederaufführung" }];
  const text = { category: "timeline", movie_id: "tmdb-13", data: { events } };
  await opened.getByRole("textbox", { name: /Dokument/ }).fill(JSON.stringify(text));
  await opened.getByRole("button", { name: "Ansehen, was sich ändern würde" }).click();
  await opened.getByRole("button", { name: "1 Änderung veröffentlichen" }).waitFor();
  await opened.setViewportSize(SIZES.phone);
  expect(await overflow(opened)).toBe(0);
  await opened.setViewportSize(SIZES.desk);
  // What is not translated yet is in English.
  await opened.getByRole("link", { name: "Aufträge" }).click();
  await opened.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
});

test("Hindi is begun, and other languages are shown in English", async () => {
  const hindi = await page("hi-IN");
  await signIn(hindi, "ईमेल", "पासवर्ड", "साइन इन करें");
  await hindi.getByRole("heading", { level: 1, name: "फ़िल्म सूची" }).waitFor();
  expect(await language(hindi)).toBe("hi-IN");
  expect(await violations(hindi)).toEqual([]);
  const french = await page("fr-FR");
  await french.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
  expect(await language(french)).toBe("en");
});

test("without its texts, a language is shown in English", async () => {
  const opened = await (await studio.visitor({ locale: "de-DE" })).newPage();
  await opened.route(/\/de-[^/]+\.js$/, (route) => route.abort());
  await opened.goto("/");
  await opened.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
  studio.complaints.splice(0);
});
