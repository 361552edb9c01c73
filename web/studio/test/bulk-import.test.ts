// Files that are imported together: a dry run as a job, and then the import. On both databases.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { zipOf } from "../src/importing/bulk/zip.ts";
import { databases } from "./support/postgres.ts";
import { startLossyProxy } from "./support/proxy.ts";
import { signIn, Studio, toast, violations, visit, PASSWORD } from "./support/studio.ts";

interface Given {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const given = (name: string, content: string | Buffer): Given => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.from(content),
});
const trivia = (movie: string, text: string) =>
  JSON.stringify({ category: "trivia", movie_id: movie, data: { items: [{ text }] } });
const broken = (movie: string) =>
  JSON.stringify({
    category: "timeline",
    movie_id: movie,
    data: { events: [{ date: "2023-13", title: "Release" }] },
  });
const archive = async (files: Record<string, string>) => {
  const entries = Object.entries(files).map(([name, text]) => ({ name, file: new Blob([text]) }));
  return Buffer.from(await (await zipOf(entries)).arrayBuffer());
};
const IMPORT = "**/api/v1/admin/movies/import?*";

describe.each(databases())("%s", (_name, database) => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await Studio.start(database);
  });
  afterEach(() => studio.close());
  afterAll(() => studio.stop());

  const button = (page: Page, name: string | RegExp) =>
    page.getByRole("button", { name, exact: true });
  const count = (page: Page, outcome: string) =>
    page.locator(".job-counts > div").filter({ hasText: outcome }).locator("dd.num");
  const facts = async (movie: string, stage = "PUBLISHED") => {
    const { data } = await studio.document(movie, "TRIVIA", stage);
    return (data["items"] ?? []).map(({ text }) => text);
  };
  const numberOfJobs = async () => (await studio.jobs()).length;

  /** The import page with files chosen on it. */
  const choose = async (files: Given[] | string, page?: Page): Promise<Page> => {
    const opened = page ?? (await studio.open("/import"));
    const chooser = opened.waitForEvent("filechooser");
    await button(opened, "Choose files…").click();
    await (await chooser).setFiles(files);
    return opened;
  };
  /** The same, after a dry run. */
  const dryRun = async (files: Given[] | string): Promise<Page> => {
    const page = await choose(files);
    await button(page, "Start dry run").click();
    await page.locator(".plan-actions").waitFor();
    return page;
  };
  const drop = async (page: Page, name: string, content: Buffer) => {
    const transfer = await page.evaluateHandle(
      ([named, base64]) => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
        data.items.add(new File([bytes], named));
        return data;
      },
      [name, content.toString("base64")] as const,
    );
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  };

  test("an archive that is dropped on the catalogue: dry run, failures, import", async () => {
    const zip = await archive({
      "tmdb-238/trivia.json": trivia("tmdb-238", "From an archive."),
      "more/lines.ndjson": `${trivia("film-new", "A new movie.")}\n${broken("tmdb-550")}\n`,
      "readme.txt": "not read",
    });
    const page = await studio.open("/");
    await page.locator("a.movie-link").first().waitFor();
    await drop(page, "all.zip", zip);
    await page.getByText("Nothing is imported before you say so.").waitFor();
    expect(await violations(page)).toEqual([]);
    await button(page, "Start dry run").click();
    await page.getByText("2 documents can be imported, and 1 cannot.").waitFor();
    expect(await count(page, "Planned").innerText()).toBe("2");
    const failure = page.locator(".job-failures > li");
    await failure.getByText("more/lines.ndjson, line 2").waitFor();
    await failure.getByText("/events/0/date").waitFor();
    // Nothing has been written yet.
    expect(await facts("tmdb-238")).not.toContain("From an archive.");
    await button(page, "Publish 2 documents").click();
    await toast(page, "A new job does what the dry run planned.").waitFor();
    await page.locator(".page-bar .tag").getByText("Completed with failures").waitFor();
    expect(page.url()).toContain("/jobs/");
    expect(await count(page, "Published").innerText()).toBe("2");
    expect(await count(page, "Rejected").innerText()).toBe("1");
    expect(await facts("tmdb-238")).toContain("From an archive.");
    expect(await facts("film-new")).toEqual(["A new movie."]);
    await page.locator(".job-fields").getByText("all.zip", { exact: true }).waitFor();
    await page.getByText("1 entry of the archive is no document").click();
    await page.locator(".job-entries").getByText("readme.txt").waitFor();
    // What was imported is not offered again.
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await page.getByRole("textbox", { name: /Document/ }).waitFor();
  });

  test("NDJSON goes to drafts, and other options need another dry run", async () => {
    const lines = `${trivia("tmdb-603", "Drafted.")}\n${trivia("film-missing", "No movie.")}\n`;
    const page = await dryRun([given("lines.ndjson", lines)]);
    await button(page, "Publish 2 documents").waitFor();
    await button(page, "Change options").click();
    await page.getByRole("radio", { name: /drafts/ }).check();
    expect(await button(page, /^(Publish|Add) \d/).count()).toBe(0);
    await button(page, "Start dry run").click();
    // A draft needs a movie.
    await page.getByText("1 document can be imported, and 1 cannot.").waitFor();
    await button(page, "Add 1 document to drafts").click();
    await page.locator(".page-bar .tag").getByText("Completed with failures").waitFor();
    expect(await facts("tmdb-603")).not.toContain("Drafted.");
    expect(await facts("tmdb-603", "DRAFT")).toContain("Drafted.");
  });

  test("several files are one job, and failures name their file", async () => {
    const page = await choose([
      given("first.json", trivia("tmdb-129", "Of the first.")),
      given("same.json", trivia("tmdb-155", "Of the second.")),
      given("same.json", broken("tmdb-155")),
      given("answer.md", trivia("tmdb-278", "Of a text.")),
      given("poster.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0])),
    ]);
    await toast(page, "poster.png is neither a text file nor an archive.").waitFor();
    await page.getByText("4 files").waitFor();
    await button(page, "Start dry run").click();
    await page.getByText("3 documents can be imported, and 1 cannot.").waitFor();
    await page.getByText("2/same.json").waitFor();
    await button(page, "Publish 3 documents").click();
    await page.locator(".page-bar .tag").getByText("Completed with failures").waitFor();
    expect(await facts("tmdb-278")).toContain("Of a text.");
  });

  test("an archive without documents, and one that cannot be read, are not imported", async () => {
    const page = await dryRun([given("texts.zip", await archive({ "readme.txt": "A text." }))]);
    await page
      .locator(".plan-actions")
      .getByText("None of these documents can be imported.")
      .waitFor();
    expect(await button(page, /^Publish/).count()).toBe(0);
    await button(page, "Other files").click();
    await choose([given("broken.zip", "PK\u0003\u0004\u0000 not an archive")], page);
    await button(page, "Start dry run").click();
    await page.locator(".plan-actions, .job-note.failed").first().waitFor();
    expect(await button(page, /^Publish/).count()).toBe(0);
  });

  test("files that are not sent completely start no job, and can be sent again", async () => {
    const before = await numberOfJobs();
    const page = await choose([
      given("l.ndjson", `${trivia("tmdb-13", "A")}\n${trivia("tmdb-13", "B")}`),
    ]);
    await page.route(IMPORT, (route) => route.abort());
    await button(page, "Start dry run").click();
    await page.getByText("Nothing was imported: the connection ended before").waitFor();
    expect(await numberOfJobs()).toBe(before);
    await page.unroute(IMPORT);
    await page.route(IMPORT, (route) =>
      route.fulfill({ status: 503, json: { detail: "2 imports run already" } }),
    );
    await button(page, "Start dry run").click();
    await page.getByText("Nothing was imported: 2 imports run already.").waitFor();
    await page.unroute(IMPORT);
    await button(page, "Start dry run").click();
    await button(page, "Publish 2 documents").waitFor();
    expect(await numberOfJobs()).toBe(before + 1);
    studio.complaints.splice(0);
  });

  test("an answer that is lost does not start the import twice", async () => {
    const lines = `${trivia("tmdb-680", "Once.")}\n${trivia("tmdb-680", "And once.")}\n`;
    const proxy = await startLossyProxy(studio.server.url);
    const context = await studio.visitor();
    const page = await context.newPage();
    await page.goto(`${proxy.url}/import`);
    await signIn(page);
    await choose([given("lines.ndjson", lines)], page);
    await button(page, "Start dry run").click();
    await button(page, "Publish 2 documents").waitFor();
    const before = await numberOfJobs();
    proxy.isLosing = true;
    await button(page, "Publish 2 documents").click();
    await page.locator(".toast.failed").first().waitFor();
    expect(await toast(page, "A new job").count()).toBe(0);
    proxy.isLosing = false;
    await button(page, "Publish 2 documents").click();
    await page.locator(".page-bar .tag").getByText("Completed", { exact: true }).waitFor();
    expect(await numberOfJobs()).toBe(before + 1);
    await context.close();
    await proxy.stop();
    studio.complaints.splice(0);
  });

  test("what was checked is imported, also if the file changed meanwhile", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "reelport-studio-"));
    const file = path.join(folder, "lines.ndjson");
    const lines = `${trivia("tmdb-424", "Checked.")}\n${trivia("tmdb-424", "And checked.")}\n`;
    await writeFile(file, lines);
    const page = await dryRun(file);
    await writeFile(file, lines.replaceAll("hecked", "hanged"));
    await button(page, "Publish 2 documents").click();
    await page.locator(".page-bar .tag").getByText("Completed", { exact: true }).waitFor();
    expect(await facts("tmdb-424")).toEqual(expect.arrayContaining(["Checked.", "And checked."]));
    await rm(folder, { recursive: true });
  });

  test("a dry run survives visits of other pages, and its own page imports it", async () => {
    const lines = `${trivia("tmdb-27205", "Left.")}\n${broken("tmdb-27205")}\n`;
    const page = await dryRun([given("lines.ndjson", lines)]);
    await page.locator(".job-failures").getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Inception" }).waitFor();
    await page.goBack();
    await button(page, "Publish 1 document").waitFor();
    const before = await numberOfJobs();
    await page.reload();
    await page.getByRole("textbox", { name: /Document/ }).waitFor();
    expect(await button(page, /^Publish/).count()).toBe(0);
    expect(await numberOfJobs()).toBe(before);
    expect(await facts("tmdb-27205")).not.toContain("Left.");
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.locator(".jobs tbody tr").first().getByRole("link").click();
    await button(page, "Publish 1 document").click();
    await toast(page, "A new job does what the dry run planned.").waitFor();
    await page.locator(".page-bar .tag").getByText("Completed with failures").waitFor();
    expect(await facts("tmdb-27205")).toContain("Left.");
  });

  test("an import goes on when the tab is closed, and its page shows it", async () => {
    const lines = Array.from({ length: 1000 }, (_, at) => trivia(`film-${at}`, `Fact ${at}.`));
    const page = await dryRun([given("lines.ndjson", lines.join("\n"))]);
    await button(page, "Publish 1,000 documents").click();
    await toast(page, "A new job does what the dry run planned.").waitFor();
    await page.close();
    const next = await studio.open("/");
    await next.getByRole("link", { name: "Jobs" }).click();
    await next.locator(".jobs tbody tr").first().getByRole("link").click();
    await next.locator(".page-bar .tag").getByText("Completed", { exact: true }).waitFor();
    expect(await count(next, "Published").innerText()).toBe("1,000");
  });

  test("sending shows how much was sent, and can be stopped", async () => {
    const before = await numberOfJobs();
    const long = "A fact. ".repeat(500);
    const lines = Array.from({ length: 1000 }, (_, at) => trivia(`film-${at}`, `${at} ${long}`));
    const page = await choose([given("large.ndjson", lines.join("\n"))]);
    const network = await page.context().newCDPSession(page);
    await network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 400_000,
    });
    await button(page, "Start dry run").click();
    const bar = page.getByRole("progressbar", { name: "Sending for the dry run" });
    await expect
      .poll(async () => Number(await bar.getAttribute("aria-valuenow")))
      .toBeGreaterThan(0);
    await page.getByText(/ of 4.* sent/).waitFor();
    expect(await violations(page)).toEqual([]);
    await button(page, "Stop").click();
    await toast(page, "Stopped: nothing was imported.").waitFor();
    await button(page, "Start dry run").waitFor();
    expect(await numberOfJobs()).toBe(before);
  });

  test("files are sent on when another page is opened", async () => {
    const lines = `${trivia("tmdb-496243", "Sent late.")}\n${trivia("tmdb-496243", "Also.")}\n`;
    const page = await choose([given("lines.ndjson", lines)]);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(IMPORT, async (route) => {
      await held;
      await route.continue();
    });
    await button(page, "Start dry run").click();
    await page.getByRole("progressbar", { name: "Sending for the dry run" }).waitFor();
    await visit(page, "/drafts");
    await page.getByRole("heading", { level: 1, name: "Drafts" }).waitFor();
    release();
    await visit(page, "/import");
    await button(page, "Publish 2 documents").click();
    await page.locator(".page-bar .tag").getByText("Completed", { exact: true }).waitFor();
  });

  test("a session that has ended is asked for again, and sending goes on", async () => {
    const page = await choose([
      given("l.ndjson", `${trivia("tmdb-13", "C")}\n${trivia("tmdb-13", "D")}`),
    ]);
    await button(page, "Start dry run").waitFor();
    await studio.endSessions();
    await button(page, "Start dry run").click();
    const again = page.getByRole("alertdialog", { name: "Your session has ended" });
    await again.getByLabel("Password").fill(PASSWORD);
    await again.getByRole("button", { name: "Sign in" }).click();
    await button(page, "Publish 2 documents").waitFor();
  });
});

test("a contributor is told which role an archive needs, and imports one document", async () => {
  const studio = await Studio.start();
  try {
    const contributor = await studio.account("CONTRIBUTOR");
    const page = await (await studio.visitor()).newPage();
    await page.goto("/import");
    await signIn(page, contributor);
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose files…" }).click();
    await (
      await chooser
    ).setFiles([
      given("all.zip", await archive({ "a.json": trivia("tmdb-13", "A.") })),
      given("one.json", trivia("tmdb-13", "One.")),
      given("two.json", trivia("tmdb-13", "Two.")),
    ]);
    await toast(page, "all.zip has many documents.").waitFor();
    await page.getByText("File 1 of 2").waitFor();
    expect(await page.getByRole("button", { name: "Start dry run" }).count()).toBe(0);
    expect(await studio.jobs()).toEqual([]);
    await studio.close();
  } finally {
    await studio.stop();
  }
});
