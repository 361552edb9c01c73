// Signing in, staying signed in, and being asked again in place.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ADMIN, signIn, Studio } from "./support/studio.ts";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

test("a wrong password is refused with a way out, and the right one opens the page asked for", async () => {
  const page = await (await studio.visitor()).newPage();
  await page.goto("/movies/tmdb-550/timeline");
  await page.getByText("The service printed the account and its password").waitFor();
  await page.getByLabel("Email").fill(ADMIN.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByLabel("Password").press("Enter");
  await page.getByText("The email or the password is wrong.").waitFor();
  await signIn(page);
  await page.getByRole("heading", { name: "Fight Club" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/movies/tmdb-550/timeline");
});

test("a reload stays signed in, and no storage holds a token", async () => {
  const page = await studio.open("/");
  await page.getByText("admin@example.com").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Catalogue" }).waitFor();
  const stored = await page.evaluate(
    () =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]) +
      document.cookie,
  );
  expect(stored).not.toMatch(/eyJ/);
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
    ["reelport_refresh", true, "Strict"],
  ]);
});

test("signing out ends the session in all tabs, for good", async () => {
  const page = await studio.open("/");
  const other = await page.context().newPage();
  await other.goto("/import");
  await other.getByRole("heading", { name: "Import" }).waitFor();
  const before = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
  await other.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
  // The cookie of before is of no use any more.
  const response = await fetch(`${studio.server.url}/api/v1/auth/refresh`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRF-Protection": "1",
      Cookie: before.map(({ name, value }) => `${name}=${value}`).join("; "),
    },
    body: "{}",
  });
  expect(response.status).toBe(401);
});

test("a session that has ended is asked for in place, and what was typed stays", async () => {
  const page = await studio.open("/import");
  const text = page.getByRole("textbox", { name: /Document/ });
  await text.fill(
    '{"category": "trivia", "movie_id": "tmdb-550", "data": {"items": [{"text": "New"}]}}',
  );
  await page.getByText("Fight Club (1999)").waitFor();
  await studio.endSessions();
  await page.getByRole("button", { name: "See what would change" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Your session has ended" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.getByLabel("Password").fill("not the password");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.getByText("The email or the password is wrong.").waitFor();
  await dialog.getByLabel("Password").fill(ADMIN.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  // The request that was refused goes on by itself.
  await page.getByRole("heading", { name: "What this would change" }).waitFor();
  await page.getByRole("button", { name: "Edit the text" }).click();
  expect(await text.inputValue()).toContain('"text": "New"');
});

// Again if it fails: a machine that is busy may take longer than a left page is waited for.
test("tabs that refresh at the same moment keep the session", { retry: 2 }, async () => {
  const page = await studio.open("/");
  const context = page.context();
  const tabs = [page, await context.newPage(), await context.newPage()];
  await Promise.all(tabs.slice(1).map((tab) => tab.goto("/")));
  for (let round = 0; round < 4; round += 1) {
    await Promise.all(tabs.map((tab) => tab.reload()));
    await Promise.all(tabs.map((tab) => tab.getByRole("heading", { name: "Catalogue" }).waitFor()));
  }
  // A page that is left while it refreshes: its answer comes after the page is gone.
  const slow = await context.newPage();
  await slow.route("**/auth/refresh", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  for (let round = 0; round < 2; round += 1) {
    const sent = slow.waitForRequest("**/auth/refresh");
    await slow.goto("/", { waitUntil: "commit" });
    await sent;
    await slow.goto("/import", { waitUntil: "commit" });
    await slow.getByRole("heading", { name: "Import" }).waitFor();
  }
  await slow.close();
  // Without the lock of the browser, as on a page without HTTPS.
  await context.addInitScript(() => {
    Object.defineProperty(navigator, "locks", { value: undefined });
  });
  const isRefreshing = () =>
    page.evaluate(() => Object.keys(localStorage).some((key) => /^reelport-session/.test(key)));
  for (let round = 0; round < 2; round += 1) {
    await expect.poll(isRefreshing).toBe(false);
    await Promise.all(tabs.map((tab) => tab.reload()));
    await Promise.all(tabs.map((tab) => tab.getByRole("heading", { name: "Catalogue" }).waitFor()));
  }
});

test("GraphiQL keeps the session of the Studio", async () => {
  const page = await studio.open("/");
  await page.getByRole("link", { name: "GraphiQL" }).click();
  await page.getByText("Signed in as admin@example.com").waitFor();
  await page.goto("/");
  await page.getByRole("heading", { name: "Catalogue" }).waitFor();
});

test("an account without a role learns why it sees nothing", async () => {
  const user = await studio.account("USER");
  const page = await studio.open("/", user);
  await page.getByText("user@example.com may sign in, but not read the catalogue").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
});
