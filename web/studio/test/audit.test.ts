// The audit log: filters in the address, pages, and the details of an entry. On both databases.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { databases } from "./support/postgres.ts";
import { Studio, type Account } from "./support/studio.ts";

const MOVIES = 60;

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  let viewer: Account;
  beforeAll(async () => {
    studio = await Studio.start(database);
    viewer = await studio.account("VIEWER");
    for (let at = 0; at < MOVIES; at += 1) await studio.createMovie(`film-${at}`, `Film ${at}`);
    await studio.graphql("{ users(first: 1) { totalCount } }", {}, viewer).catch(() => undefined);
    // An attempt that changed nothing is written within a second.
    await vi.waitFor(
      async () => {
        const { auditLog } = await studio.graphql<{ auditLog: { totalCount: number } }>(
          "{ auditLog(filter: {outcomes: [FORBIDDEN]}) { totalCount } }",
        );
        expect(auditLog.totalCount).toBe(1);
      },
      { timeout: 20_000 },
    );
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const entries = (page: Page) => page.getByRole("button", { name: /^Details: / });
  const found = (page: Page, text: string) =>
    page.locator(".found").filter({ hasText: text }).waitFor();

  test("all entries can be reached page by page", async () => {
    const page = await studio.open("/");
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByLabel("Operation").selectOption({ label: "Add a movie" });
    await found(page, `${MOVIES} entries`);
    expect(await entries(page).count()).toBe(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => entries(page).count()).toBe(MOVIES);
    await page.getByRole("link", { name: "film-0", exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  test("filters are in the address, and survive a reload", async () => {
    const page = await studio.open("/audit-log");
    await page.getByLabel("Outcome").selectOption({ label: "Not allowed" });
    await found(page, "1 entry");
    await page.getByText("viewer@example.com").first().waitFor();
    expect(page.url()).toContain("outcome=FORBIDDEN");
    await page.reload();
    await found(page, "1 entry");
    await page.getByRole("button", { name: "Remove the filter: Not allowed" }).click();
    await page.getByLabel("Id it was about").fill("film-7");
    await page.getByRole("button", { name: "Remove the filter: about film-7" }).waitFor();
    await found(page, "1 entry");
    await page.getByLabel("From", { exact: true }).fill("2099-01-01");
    await page.getByRole("heading", { name: "No entry fits" }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(() => page.url()).not.toContain("?");
    await expect.poll(() => page.getByLabel("Id it was about").inputValue()).toBe("");
  });

  test("text that is still being typed does not come back after all filters are removed", async () => {
    const page = await studio.open("/audit-log?outcome=FORBIDDEN");
    await page.getByRole("button", { name: "Remove the filter: Not allowed" }).waitFor();
    const target = page.getByLabel("Id it was about");
    // The click comes before the pause that ends typing.
    await target.fill("film-7");
    await page.getByRole("button", { name: "Clear filters" }).dispatchEvent("click");
    await expect.poll(() => page.url()).not.toContain("?");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(page.url()).not.toContain("?");
    expect(await target.inputValue()).toBe("");
  });

  test("a row opens with all that its entry says, and narrows the list", async () => {
    const page = await studio.open("/audit-log?outcome=FORBIDDEN");
    await entries(page).click();
    expect(await entries(page).getAttribute("aria-expanded")).toBe("true");
    const details = page.locator(".entry-details");
    await details.getByText("Request id").waitFor();
    await details.getByText("FORBIDDEN").waitFor();
    await details.getByRole("button", { name: "Only this account" }).click();
    await page.getByRole("button", { name: "Remove the filter: by viewer@example.com" }).waitFor();
    expect(page.url()).toContain("account=user");
    await page.getByRole("button", { name: "Remove the filter: Not allowed" }).click();
    await page.getByRole("cell", { name: "Sign in" }).first().waitFor();
    expect(await page.getByRole("cell", { name: "Add a movie" }).count()).toBe(0);
  });

  test("new entries appear on request, and an account leads to what it did", async () => {
    const page = await studio.open("/audit-log?operation=CREATE_MOVIE");
    await found(page, `${MOVIES} entries`);
    await studio.createMovie("film-new", "New");
    await page.getByRole("button", { name: "Look for new entries" }).click();
    await found(page, `${MOVIES + 1} entries`);
    await page.getByRole("link", { name: "film-new" }).waitFor();
    await page.goto("/accounts");
    await page.getByRole("link", { name: "viewer@example.com" }).click();
    await page.getByRole("link", { name: "What this account did" }).click();
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await page.getByText("Not allowed", { exact: true }).last().waitFor();
  });

  test("the audit log is for admins", async () => {
    const page = await studio.open("/audit-log", viewer);
    await page.getByText("This page is for the role Admin.").waitFor();
    expect(await page.getByRole("link", { name: "Audit log" }).count()).toBe(0);
  });
});
