// Looks at pages as they are meant: axe finds nothing, and nothing is wider than the window.
// STUDIO_SCREENSHOTS=FOLDER keeps a picture of each.
import path from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { overflow, SCHEMES, SIZES, violations, type Studio } from "./studio.ts";

const FOLDER = process.env["STUDIO_SCREENSHOTS"];

/** Name, address, and what is done until the page is as it is meant. */
export type Look = [name: string, address: string, prepare: (page: Page) => Promise<void>];

export const ready = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();
export const press = (name: string, then: string) => async (page: Page) => {
  await page.getByRole("button", { name }).first().click();
  await page.locator(then).first().waitFor();
};

export type Size = keyof typeof SIZES;
export type Scheme = (typeof SCHEMES)[number];

/** Collects what is wrong with pages in a size and a colour scheme. */
export class Looks {
  private readonly problems: string[] = [];

  constructor(
    private readonly page: Page,
    private readonly size: Size,
    private readonly scheme: Scheme,
  ) {}

  async look(name: string): Promise<void> {
    const { page, size, scheme } = this;
    const wider = await overflow(page);
    if (wider > 0) this.problems.push(`${name}: ${wider} pixels wider than the window`);
    // The sizes differ in what is shown where; the rules of axe are the same for the widest.
    if (size !== "wide")
      this.problems.push(...(await violations(page)).map((each) => `${name}: ${each}`));
    if (FOLDER !== undefined) {
      const file = `${name}-${SIZES[size].width}-${scheme}.png`;
      await page.screenshot({ path: path.join(FOLDER, file) });
    }
  }

  async lookAt(pages: readonly Look[]): Promise<void> {
    for (const [name, address, prepare] of pages) {
      await this.page.evaluate(() => localStorage.removeItem("reelport.import"));
      await this.page.goto(address);
      await prepare(this.page);
      await this.look(name);
    }
  }

  check(): void {
    expect(this.problems).toEqual([]);
  }
}

/** A page of a signed-in admin, and what looks at it. */
export async function openLooks(studio: Studio, size: Size, scheme: Scheme): Promise<Looks> {
  const page = await studio.open("/", undefined, { size, scheme });
  return new Looks(page, size, scheme);
}
