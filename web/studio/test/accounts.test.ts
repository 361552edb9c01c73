// Accounts, and the own account: password, sessions and tokens. On both databases.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databases } from "./support/postgres.ts";
import { PASSWORD, signIn, Studio, toast } from "./support/studio.ts";

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await Studio.start(database);
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
  const dialog = (page: Page, name: string | RegExp) =>
    page.getByRole("dialog", { name }).or(page.getByRole("alertdialog", { name }));
  /** Whether a token reads the catalogue. */
  const reads = async (token: string) => {
    const response = await fetch(studio.server.graphql, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ movies(first: 1) { totalCount } }" }),
    });
    return response.status === 200;
  };

  test("an account: added with a link, used, changed, disabled, deleted", async () => {
    const page = await studio.open("/");
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByText("1 account", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Add account" }).click();
    const form = dialog(page, "Add account");
    await form.getByLabel("Email").fill("Admin@example.com");
    await form.getByRole("button", { name: "Add account" }).click();
    await form.getByText(/already/i).waitFor();
    await form.getByLabel("Email").fill("ann@example.com");
    await form.getByLabel("Name").fill("Ann");
    await form.getByRole("radio", { name: /^Contributor/ }).check();
    await form.getByRole("button", { name: "Add account" }).click();
    const added = dialog(page, "ann@example.com was added");
    await added.getByText(/It is shown only now/).waitFor();
    await added.getByRole("button", { name: "Copy" }).click();
    await added.getByText("Copied.").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(new RegExp(`^${studio.server.url}/set-password#.`));
    await added.getByRole("button", { name: "Done" }).click();
    await row(page, "ann@example.com").getByText("Contributor").waitFor();

    const ann = await (await studio.visitor()).newPage();
    await ann.goto(link);
    await ann.getByLabel(/^New password/).fill("several long words");
    await ann.getByLabel("The same again").fill("several long words");
    await ann.getByRole("button", { name: "Set the password" }).click();
    await ann.locator("#message").filter({ hasText: /./ }).waitFor();
    await ann.goto("/drafts");
    await signIn(ann, { email: "ann@example.com", password: "several long words" });
    await ann.getByRole("heading", { name: "Drafts" }).waitFor();

    await page.getByRole("link", { name: "ann@example.com" }).click();
    await page.getByText("Chrome on Linux").waitFor();
    await page.getByRole("radio", { name: /^Viewer/ }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await toast(page, "ann@example.com was saved.").waitFor();
    await ann.reload();
    await ann.getByText("ann@example.com").waitFor();
    expect(await ann.getByRole("link", { name: "Drafts" }).count()).toBe(0);

    await page.getByRole("button", { name: "Disable account" }).click();
    await toast(page, "ann@example.com is disabled.").waitFor();
    await page.getByText("No open session.").waitFor();
    await ann.reload();
    await ann.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
    await page.goto("/accounts?state=disabled");
    await page.getByText("1 account", { exact: true }).waitFor();
    await page.getByRole("link", { name: "ann@example.com" }).click();
    await page.getByRole("button", { name: "Enable account" }).click();
    await toast(page, "ann@example.com may sign in again.").waitFor();

    await page.getByRole("button", { name: "Delete account" }).click();
    const question = dialog(page, "Delete ann@example.com?");
    await question.getByText("This cannot be undone").waitFor();
    await question.getByRole("button", { name: "Delete account" }).click();
    await toast(page, "ann@example.com was deleted.").waitFor();
    await page.getByText("1 account", { exact: true }).waitFor();
  });

  test("a password is shown once, and another one replaces it", async () => {
    const page = await studio.open("/accounts");
    await page.getByRole("button", { name: "Add account" }).click();
    await page.getByLabel("Email").fill("bob@example.com");
    await page.getByRole("radio", { name: /^With a password/ }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Add account" }).click();
    const added = dialog(page, "bob@example.com was added");
    const first = await added.getByLabel("Password").inputValue();
    await added.getByRole("button", { name: "Open the account" }).click();
    await page.getByRole("button", { name: "Set a new password" }).click();
    await dialog(page, "Set a new password?")
      .getByRole("button", { name: "Set a new password" })
      .click();
    const second = await dialog(page, "New password of bob@example.com")
      .getByLabel("Password")
      .inputValue();
    expect(second).not.toBe(first);
    await page.getByRole("button", { name: "Done" }).click();
    const bob = await (await studio.visitor()).newPage();
    await bob.goto("/");
    await bob.getByLabel("Email").fill("bob@example.com");
    await bob.getByLabel("Password").fill(first);
    await bob.getByRole("button", { name: "Sign in" }).click();
    await bob.getByText("The email or the password is wrong.").waitFor();
    await signIn(bob, { email: "bob@example.com", password: second });
  });

  test("a token is shown once, works, and stops working when it is revoked", async () => {
    const page = await studio.open("/account");
    await page.getByText("No token yet.").waitFor();
    await page.getByRole("button", { name: "New token" }).click();
    const form = dialog(page, "New token");
    await form.getByLabel("Name").fill("nightly export");
    await form.getByRole("radio", { name: /^Contributor/ }).check();
    await form.getByLabel("Its changes count as written by").selectOption("A model");
    await form.getByRole("checkbox", { name: "Trivia" }).check();
    await form.getByRole("button", { name: "Create token" }).click();
    const shown = dialog(page, "Token “nightly export”");
    const token = await shown.getByLabel("Token", { exact: true }).inputValue();
    await shown.getByRole("button", { name: "Done" }).click();
    await row(page, "nightly export").getByText("writes as model; only Trivia").waitFor();
    await row(page, "nightly export")
      .getByText("in 90 days")
      .or(row(page, "nightly export").getByText(/20\d\d/))
      .first()
      .waitFor();
    expect(await reads(token)).toBe(true);
    await page.getByRole("button", { name: "Revoke the token: nightly export" }).click();
    await dialog(page, "Revoke “nightly export”?").getByRole("button", { name: "Revoke" }).click();
    await toast(page, "“nightly export” was revoked.").waitFor();
    await page.getByText("No token yet.").waitFor();
    expect(await reads(token)).toBe(false);
  });

  test("a new password ends the other sessions, and this one goes on", async () => {
    const viewer = await studio.account("VIEWER");
    const page = await studio.open("/account", viewer);
    const other = await studio.open("/", viewer);
    await page.reload();
    await expect.poll(() => page.getByText("Chrome on Linux").count()).toBe(2);
    await page.getByLabel("Current password").fill("not the password");
    await page.getByLabel("New password").fill("another long one");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("This is not your current password.").waitFor();
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password").fill("short");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator(".field-error").filter({ hasText: /8/ }).waitFor();
    await page.getByLabel("New password").fill("another long one");
    await page.getByRole("button", { name: "Change password" }).click();
    await toast(page, "Your password was changed.").waitFor();
    await expect.poll(() => page.getByText("Chrome on Linux").count()).toBe(1);
    await other.reload();
    await other.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Your account" }).waitFor();
  });

  test("sessions are ended one by one, or all but this one", async () => {
    const contributor = await studio.account("CONTRIBUTOR");
    const page = await studio.open("/account", contributor);
    await studio.open("/", contributor);
    await studio.open("/", contributor);
    await page.reload();
    const ends = page.getByRole("button", { name: "End the session: Chrome on Linux" });
    await expect.poll(() => ends.count()).toBe(2);
    await ends.first().click();
    await toast(page, "The session has ended.").waitFor();
    await expect.poll(() => ends.count()).toBe(1);
    await page.getByRole("button", { name: "End all others" }).click();
    await toast(page, "1 other session has ended.").waitFor();
    await expect.poll(() => ends.count()).toBe(0);
    await page.getByText("this one").waitFor();
  });

  test("accounts are for admins: others are not led there, and learn why", async () => {
    const viewer = { email: "reader@example.com", password: PASSWORD };
    await studio.graphql(
      `mutation ($input: CreateUserInput!) {
        createUser(input: $input) { userErrors { message } } }`,
      { input: { ...viewer, role: "VIEWER" } },
    );
    const page = await studio.open("/accounts", viewer);
    await page.getByText("This page is for the role Admin.").waitFor();
    expect(await page.getByRole("link", { name: "Accounts" }).count()).toBe(0);
    await page.getByRole("link", { name: "Your account" }).click();
    await page.getByRole("heading", { name: "Your account" }).waitFor();
    await page.goto("/accounts/user:nobody");
    await page.getByText("This page is for the role Admin.").waitFor();
    const admin = await studio.open("/accounts/user:nobody");
    await admin.getByRole("heading", { name: "There is no such account" }).waitFor();
  });

  test("on a telephone, the other pages are in a menu", async () => {
    const page = await studio.open("/", undefined, { size: "phone" });
    expect(await page.getByRole("link", { name: "Accounts" }).isVisible()).toBe(false);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("heading", { name: "Accounts" }).waitFor();
    await page.getByRole("link", { name: "Sign out" }).waitFor({ state: "detached" });
    expect(await page.getByRole("link", { name: "Your account" }).isVisible()).toBe(false);
    await page.getByRole("button", { name: "More" }).click();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("link", { name: "Your account" }).isVisible()).toBe(false);
  });
});
