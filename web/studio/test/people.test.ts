// People and other names: search, pages, names, merging and its undo, splitting. On both databases.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { Studio, toast } from "./support/studio.ts";

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  const credit = async (movie: string, title: string, id: string, name: string) => {
    await studio.createMovie(movie, title);
    await studio.import(
      movie,
      { category: "cast_crew", movie_id: movie, data: { cast: [{ id, name, character: title }] } },
      { source: "TMDB" },
    );
  };
  beforeAll(async () => {
    studio = await Studio.start(database);
    await credit("film-a", "Harbour", "tmdb-person-900001", "Ana Lima");
    await credit("film-b", "Lantern", "tmdb-person-900002", "Ana Lima");
    await credit("film-c", "Orchard", "tmdb-person-900003", "Bo Quist");
    await credit("film-d", "Meadow", "tmdb-person-900003", "Bo Quist");
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const personOf = async (movie: string) => {
    const { data } = await studio.document(movie, "CAST_CREW");
    return data["cast"]?.[0]?.["id"];
  };

  test("a person is found as one types, and has a filmography", async () => {
    const page = await studio.open("/");
    await page.getByRole("link", { name: "People", exact: true }).click();
    await page.getByRole("searchbox", { name: "Search people" }).fill("gosl");
    await page.getByText("1 person").waitFor();
    expect(page.url()).toContain("q=gosl");
    await page.getByRole("link", { name: "Ryan Gosling" }).click();
    await page.getByRole("heading", { name: "Ryan Gosling" }).waitFor();
    const row = page.getByRole("row").filter({ hasText: "Barbie" }).first();
    await row.getByText("Ken").waitFor();
    await row.getByRole("link").click();
    await page.getByRole("heading", { name: "Barbie" }).waitFor();
    await page.getByRole("link", { name: "Margot Robbie" }).first().click();
    await page.getByRole("heading", { name: "Margot Robbie" }).waitFor();
    await page.goto("/people/tmdb-person-1");
    await page.getByRole("heading", { name: "There is no such entry" }).waitFor();
  });

  test("ceremonies, platforms and genres have lists, pages and names", async () => {
    const page = await studio.open("/genres?q=drama");
    await page.getByText("1 genre").waitFor();
    await page.getByRole("link", { name: "Drama" }).click();
    await page.getByRole("heading", { name: "Drama" }).waitFor();
    await page.locator(".movie-list a").first().waitFor();
    await page.getByRole("button", { name: "Edit names" }).click();
    await page.getByLabel("Another name").fill("Drame");
    await page.getByRole("button", { name: "Save" }).click();
    await toast(page, "The names of Drama were saved.").waitFor();
    await page.locator(".alias").filter({ hasText: "Drame" }).waitFor();
    await page.getByRole("button", { name: "Edit names" }).click();
    await page.getByLabel("Main name").fill("Comedy");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".field-error").first().waitFor();
    await page.keyboard.press("Escape");

    await page.goto("/ceremonies");
    await page.getByRole("link", { name: "Academy Awards" }).first().click();
    await page.getByRole("heading", { name: "Academy Awards" }).waitFor();
    await page.getByRole("link", { name: "Ceremonies" }).click();
    await page.getByRole("link", { name: "Platforms" }).click();
    await page.locator(".row-link").first().click();
    await page.getByRole("heading", { name: "Movies" }).waitFor();
  });

  test("likely duplicates are compared, merged after a plan, and the merge is undone", async () => {
    const page = await studio.open("/people");
    await page.getByRole("link", { name: "Compare Ana Lima and Ana Lima" }).click();
    await page
      .getByRole("list", { name: /for and against/ })
      .getByText("same name")
      .waitFor();
    await page.getByText("different ids at one source").waitFor();
    await page
      .getByRole("region", { name: "Ana Lima" })
      .first()
      .getByRole("link")
      .first()
      .waitFor();
    const keep = page.getByRole("radio", { name: /^Keep this entry/ });
    await page
      .getByRole("region", { name: "Ana Lima" })
      .filter({ hasText: "Harbour" })
      .getByRole("radio")
      .check();
    expect(await keep.count()).toBe(2);
    await page.getByRole("button", { name: "See what would change" }).click();
    await page.getByText("Lantern: Cast & crew").waitFor();
    expect(await personOf("film-b")).toBe("tmdb-person-900002");
    await page.getByRole("button", { name: "Merge: change 1 document" }).click();
    const message = toast(page, "Ana Lima was merged into Ana Lima.");
    await message.waitFor();
    await page.getByText("2 movies, 2 credits").waitFor();
    expect(await personOf("film-b")).toBe("tmdb-person-900001");
    await message.getByRole("button", { name: "Undo" }).click();
    await toast(page, "Undone: Ana Lima is an entry of its own again.").waitFor();
    await page.getByText("1 movie, 1 credit").waitFor();
    expect(page.url()).toContain("tmdb-person-900002");
    expect(await personOf("film-b")).toBe("tmdb-person-900002");
  });

  test("a person who is two people is split after a plan", async () => {
    const page = await studio.open("/people/tmdb-person-900003");
    await page.getByText("2 movies, 2 credits").waitFor();
    await page.getByRole("link", { name: "Split…" }).click();
    await page.getByRole("button", { name: "See what would change" }).click();
    await page.getByText("Tick at least one credit or nomination.").waitFor();
    await page.getByRole("checkbox", { name: /Meadow/ }).check();
    await page.getByLabel("Name of the new person").fill("Bo Quist II");
    await page.getByRole("button", { name: "See what would change" }).click();
    await page.getByText("Meadow: Cast & crew").waitFor();
    await page.getByRole("button", { name: "Split: change 1 document" }).click();
    await toast(page, "Bo Quist was split; the other part is Bo Quist II.").waitFor();
    await page.getByRole("heading", { name: "Bo Quist II" }).waitFor();
    await page.getByText("1 movie, 1 credit").waitFor();
    expect(await personOf("film-d")).not.toBe("tmdb-person-900003");
    expect(await personOf("film-c")).toBe("tmdb-person-900003");
  });

  test("readers search and read; merging and splitting are for admins", async () => {
    const viewer = await studio.account("VIEWER");
    const page = await studio.open("/people", viewer);
    await page.getByRole("heading", { name: "Search for a person" }).waitFor();
    expect(await page.getByRole("heading", { name: "Likely duplicates" }).count()).toBe(0);
    await page.goto("/people/tmdb-person-900001");
    await page.getByRole("heading", { name: "Ana Lima" }).waitFor();
    expect(await page.getByRole("link", { name: "Merge…" }).count()).toBe(0);
    await page.goto("/people/tmdb-person-900001/compare");
    await page.getByText("This page is for the role Admin.").waitFor();
    await page.goto("/people/tmdb-person-900001/split");
    await page.getByText("This page is for the role Admin.").waitFor();
  });
});
