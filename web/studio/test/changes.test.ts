// The feed of changes, and what others do to the movie that is open. On both databases.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { ADMIN, interruptible, signIn, Studio, type Account } from "./support/studio.ts";

const MOVIES = 60;
const FIGHT_CLUB = "tmdb-550";

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  let contributor: Account;
  beforeAll(async () => {
    studio = await Studio.start(database);
    contributor = await studio.account("CONTRIBUTOR");
    for (let at = 0; at < MOVIES; at += 1) await studio.createMovie(`film-${at}`, `Film ${at}`);
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const tagline = (text: string) =>
    studio.import(FIGHT_CLUB, {
      category: "basic_info",
      movie_id: FIGHT_CLUB,
      data: { tagline: text },
    });
  const rows = (page: Page) => page.locator("tbody tr");
  const isLive = (page: Page) => page.locator(".connection.live").waitFor();

  test("new changes are announced, and move nothing until they are asked for", async () => {
    const page = await studio.open("/");
    await page.getByRole("link", { name: "Changes" }).click();
    await isLive(page);
    await expect.poll(() => rows(page).count()).toBe(50);
    const first = await rows(page).first().innerText();
    await tagline("One.");
    await page.getByRole("button", { name: "Show 1 new change" }).waitFor();
    await studio.createMovie("film-live", "Live");
    // A movie with a title is two changes: the movie, and its basic info.
    await page.getByRole("button", { name: "Show 3 new changes" }).waitFor();
    expect(await rows(page).first().innerText()).toBe(first);
    await page.getByRole("button", { name: "Show 3 new changes" }).click();
    await expect.poll(() => rows(page).first().innerText()).toContain("Live");
    await expect.poll(() => rows(page).nth(2).innerText()).toContain("Fight Club");
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => rows(page).count()).toBeGreaterThan(60);

    await page.getByLabel("Kind").selectOption({ label: "Imported" });
    await expect.poll(() => rows(page).first().innerText()).toContain("Imported");
    expect(page.url()).toContain("kind=IMPORTED");
    await page.reload();
    await expect.poll(() => rows(page).first().innerText()).toContain("Imported");
  });

  test("after an interruption, none is missed and none comes twice", async () => {
    const context = await studio.visitor();
    const page = await context.newPage();
    const connection = await interruptible(page);
    await page.goto("/changes?kind=IMPORTED");
    await signIn(page);
    await isLive(page);
    await tagline("Before.");
    await page.getByRole("button", { name: "Show 1 new change" }).waitFor();
    await connection.interrupt();
    await page.getByText("Not connected; trying again…").waitFor();
    await tagline("Meanwhile.");
    connection.resume();
    await page.getByRole("button", { name: "Show 2 new changes" }).waitFor();
    await tagline("After.");
    await page.getByRole("button", { name: "Show 3 new changes" }).waitFor();
  });

  test("when the session ends, the feed goes on after the log-in", async () => {
    const page = await studio.open("/changes");
    await isLive(page);
    await studio.endSessions();
    const dialog = page.getByRole("alertdialog", { name: "Your session has ended" });
    await dialog.getByLabel("Password").fill(ADMIN.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "detached" });
    await tagline("Signed in again.");
    await page.getByRole("button", { name: "Show 1 new change" }).waitFor();
  });

  test("what others publish is marked, and shown when it is asked for", async () => {
    const page = await studio.open(`/movies/${FIGHT_CLUB}/basic-info`, contributor);
    const opened = page.waitForEvent("websocket");
    await page.reload();
    await (
      await opened
    ).waitForEvent("framereceived", ({ payload }) => String(payload).includes("connection_ack"));
    const place = async () => (await page.locator(".document-bar").boundingBox())?.y;
    const before = await place();
    // The subscription begins just after the connection; the first change may be before it.
    await expect
      .poll(async () => {
        await tagline(`Soap ${Date.now()}`);
        return page.getByText(/A newer revision \(\d+\) was published by/).count();
      })
      .toBe(1);
    const { data } = await studio.document(FIGHT_CLUB, "BASIC_INFO");
    const text = String((data as Record<string, unknown>)["tagline"]);
    expect(await page.getByText(text).count()).toBe(0);
    expect(await place()).toBe(before);
    await page.getByRole("button", { name: "Show it" }).click();
    await page.getByText(text).waitFor();
    expect(await page.getByRole("button", { name: "Show it" }).count()).toBe(0);

    const trivia = {
      category: "trivia",
      movie_id: FIGHT_CLUB,
      data: { items: [{ text: "A fact that came meanwhile." }] },
    };
    await studio.import(FIGHT_CLUB, trivia);
    const tab = page.getByRole("link", { name: "Trivia Changed while you read" });
    await tab.click();
    await page.getByText("A fact that came meanwhile.").waitFor();
    await page.getByRole("link", { name: "Timeline" }).click();
    expect(await tab.count()).toBe(0);
    await studio.import(
      FIGHT_CLUB,
      { ...trivia, category: "timeline", data: { events: [{ date: "1999", title: "Seen" }] } },
      { target: "DRAFT" },
    );
    await page.getByText("admin@example.com saved a draft of this category.").waitFor();
    await page.getByRole("button", { name: "Show it" }).click();
    await page.getByRole("link", { name: "Draft", exact: true }).waitFor();
  });
});
