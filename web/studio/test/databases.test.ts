// The main path on both databases: sign in, find a movie, import a part of an answer, undo it,
// propose a draft, publish it, compare revisions.
import { expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { Studio, toast } from "./support/studio.ts";

test.each(databases())("the main path on %s", async (_name, database) => {
  const studio = await Studio.start(database);
  try {
    const page = await studio.open("/");
    await page.getByLabel("Search titles").fill("barbie");
    await page.locator(".found").filter({ hasText: "1 movie" }).waitFor();
    await page.locator("a.movie-link").click();
    await page
      .getByRole("navigation", { name: "Categories" })
      .getByRole("link", { name: "Trivia" })
      .click();
    await page.getByRole("link", { name: "Import…" }).click();
    const items = [{ text: "Fact one." }, { text: "Fact two." }];
    const send = async () => {
      await page.getByRole("textbox", { name: /Document/ }).fill(JSON.stringify({ items }));
      await page.getByRole("button", { name: "See what would change" }).click();
    };
    await send();
    await page.getByRole("checkbox", { name: /Fact two/ }).uncheck();
    await page.getByRole("button", { name: "Publish 1 change" }).click();
    const message = toast(page, "Trivia of Barbie is published as revision 2.");
    await message.getByRole("button", { name: "Undo" }).click();
    await toast(page, "Undone: Trivia is as in revision 1 again.").waitFor();

    await page.getByRole("link", { name: "Import…" }).click();
    await send();
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByRole("button", { name: "Publish draft" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish 2 changes" }).click();
    await toast(page, "is published as revision 4.").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.locator(".comparison .card").filter({ hasText: "Fact two." }).waitFor();
    const { data } = await studio.document("tmdb-346698", "TRIVIA");
    expect(data["items"]?.slice(-2).map(({ text }) => text)).toEqual(["Fact one.", "Fact two."]);
    await studio.close();
  } finally {
    await studio.stop();
  }
});
