// Importing: from a text to a plan, from a plan to what was chosen of it, and back.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Studio, toast, visit, type Account } from "./support/studio.ts";

let studio: Studio;
beforeAll(async () => {
  studio = await Studio.start();
});
afterEach(() => studio.close());
afterAll(() => studio.stop());

const answer = (file: object) =>
  `Here is the file:\n\n\`\`\`json\n${JSON.stringify(file, null, 2)}\n\`\`\`\nEnjoy!`;
const envelope = (movie: string, category: string, data: object, metadata?: object) => ({
  category,
  movie_id: movie,
  data,
  ...(metadata === undefined ? {} : { metadata }),
});
const textOf = (page: Page) => page.getByRole("textbox", { name: /Document/ });
const take = (page: Page, name: RegExp) => page.getByRole("checkbox", { name });
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

/** Opens the import page with a text, and has it planned. */
async function plan(text: string, account?: Account): Promise<Page> {
  const page = await studio.open("/import", account);
  await textOf(page).fill(text);
  await button(page, "See what would change").click();
  await page.getByRole("heading", { name: "What this would change" }).waitFor();
  return page;
}

const items = async (movie: string, category: string, list: string) => {
  const { data } = await studio.document(movie, category);
  return data[list] ?? [];
};

test("the whole loop: paste a model's answer, leave facts out, publish, undo", async () => {
  const movie = "tmdb-346698";
  const before = await studio.document(movie, "TRIVIA");
  const facts = ["One", "Two", "Three", "Four"].map((text) => ({
    text: `Fact ${text}.`,
    category: "production",
  }));
  const page = await plan(
    answer(envelope(movie, "trivia", { items: facts }, { source: "llm-generated" })),
  );
  await page.getByText("4 changes").first().waitFor();
  for (const name of [/Fact Three/, /Fact Four/]) await take(page, name).uncheck();
  await page.getByText("2 of 4 changes").waitFor();
  await button(page, "Publish 2 changes").click();
  await toast(page, "Trivia of Barbie is published as revision 2.").waitFor();
  const stored = await items(movie, "TRIVIA", "items");
  expect(stored.slice(2).map(({ text }) => text)).toEqual(["Fact One.", "Fact Two."]);
  await page.getByText("Fact Two.").waitFor();
  await page.locator(".document-bar").getByText("model").waitFor();

  await toast(page, "published as revision 2").getByRole("button", { name: "Undo" }).click();
  await toast(page, "Undone: Trivia is as in revision 1 again.").waitFor();
  expect((await studio.document(movie, "TRIVIA")).data).toEqual(before.data);
  await page.getByText("Fact Two.").waitFor({ state: "detached" });
});

test("an undo does not undo what somebody else has published since", async () => {
  const movie = "tmdb-238";
  const page = await plan(
    answer(envelope(movie, "timeline", { events: [{ date: "2030", title: "Mine" }] })),
  );
  await button(page, "Publish 1 change").click();
  const message = toast(page, "is published as revision 2");
  await message.waitFor();
  await studio.import(
    movie,
    envelope(movie, "timeline", { events: [{ date: "2031", title: "Theirs" }] }),
  );
  await message.getByRole("button", { name: "Undo" }).click();
  await toast(page, "Not undone: revision 3 was published since").waitFor();
  const titles = (await items(movie, "TIMELINE", "events")).map(({ title }) => title);
  expect(titles).toEqual(expect.arrayContaining(["Mine", "Theirs"]));
});

test("each kind of change can be left out of an import, in every category", async () => {
  const movie = "tmdb-603";
  // A change that is taken, and one that is not, for fields, items, names of a list and people.
  const cases: [string, string, object, RegExp[], (data: Record<string, unknown>) => void][] = [
    [
      "BASIC_INFO",
      "basic_info",
      { tagline: "Taken", rating: "X", genres: ["Drama", "Western"] },
      [/Rating/, /Western/],
      (data) => {
        expect(data).toMatchObject({ tagline: "Taken", rating: "R" });
        expect(data["genres"]).toContain("Drama");
        expect(data["genres"]).not.toContain("Western");
      },
    ],
    [
      "CAST_CREW",
      "cast_crew",
      {
        cast: [
          { name: "New Person", character: "A" },
          { name: "Other Person", character: "B" },
        ],
      },
      [/Other Person/],
      (data) => {
        const names = (data["cast"] as { name: string }[]).map(({ name }) => name);
        expect(names).toContain("New Person");
        expect(names).not.toContain("Other Person");
      },
    ],
    [
      "TIMELINE",
      "timeline",
      {
        events: [
          { date: "2030", title: "Taken" },
          { date: "2031", title: "Left" },
        ],
      },
      [/Left/],
      (data) => {
        const titles = (data["events"] as { title: string }[]).map(({ title }) => title);
        expect(titles).toContain("Taken");
        expect(titles).not.toContain("Left");
      },
    ],
    [
      "AWARDS",
      "awards",
      {
        awards: [
          {
            ceremony: "Saturn Awards",
            year: 2000,
            category: "Best Film",
            result: "nominee",
            nominee: "The Matrix",
          },
          { ceremony: "Hugo Awards", year: 2000, category: "Best Drama", result: "nominee" },
        ],
      },
      [/Hugo/],
      (data) => {
        const names = (data["awards"] as { ceremony: string }[]).map(({ ceremony }) => ceremony);
        expect(names).toContain("Saturn Awards");
        expect(names).not.toContain("Hugo Awards");
      },
    ],
    [
      "MEDIA",
      "media",
      {
        gallery: [
          { url: "https://pictures.example.org/taken.jpg", kind: "still" },
          { url: "https://pictures.example.org/left.jpg", kind: "still" },
        ],
      },
      [/left\.jpg/],
      (data) => {
        const urls = JSON.stringify(data["gallery"]);
        expect(urls).toContain("taken.jpg");
        expect(urls).not.toContain("left.jpg");
      },
    ],
    [
      "STREAMING",
      "streaming",
      {
        streaming_options: [
          { platform: "Netflix", region: "IS", type: "subscription" },
          { platform: "Netflix", region: "MT", type: "subscription" },
        ],
      },
      [/MT/],
      (data) => {
        const regions = (data["streaming_options"] as { region: string }[]).map(
          ({ region }) => region,
        );
        expect(regions).toContain("IS");
        expect(regions).not.toContain("MT");
      },
    ],
  ];
  for (const [category, name, data, left, check] of cases) {
    const page = await plan(answer(envelope(movie, name, data)));
    for (const each of left) await take(page, each).uncheck();
    await button(page, /^Publish \d/).click();
    await toast(page, "is published as revision 2").waitFor();
    check((await studio.document(movie, category)).data);
    await page.close();
  }
});

test("removals are shown first, and each can be left out", async () => {
  const movie = "tmdb-680";
  const { data, metadata } = await studio.document(movie, "TRIVIA");
  const [first, second, ...rest] = data["items"] ?? [];
  const page = await studio.open("/import");
  await textOf(page).fill(JSON.stringify(envelope(movie, "trivia", { items: rest }, metadata)));
  await page.getByLabel("Items the file leaves out").selectOption({ label: "Remove them" });
  await button(page, "See what would change").click();
  await page.getByRole("heading", { name: "Removed" }).waitFor();
  await take(page, new RegExp(String(first?.["text"]).slice(0, 20))).uncheck();
  await page.getByText("1 thing is removed").waitFor();
  await button(page, "Publish 1 change").click();
  await toast(page, "is published as revision 2").waitFor();
  expect((await items(movie, "TRIVIA", "items")).map(({ id }) => id)).toEqual(
    [first, ...rest].map((item) => item?.["id"]),
  );
  expect(second).toBeDefined();
});

test("a conflict shows three values, and each is decided on its own", async () => {
  const movie = "tmdb-13";
  const base = await studio.document(movie, "BASIC_INFO");
  await studio.import(movie, envelope(movie, "basic_info", { tagline: "Theirs", rating: "PG" }));
  const edited = {
    ...base,
    data: { ...base.data, tagline: "Ours", rating: "R", overview: "Ours too." },
  };
  const page = await plan(JSON.stringify(edited));
  const conflict = (name: RegExp) => page.locator(".card").filter({ hasText: name });
  await conflict(/Tagline/)
    .getByText("Theirs")
    .waitFor();
  await page.getByText("2 questions are open").waitFor();
  expect(await button(page, /^Publish/).isDisabled()).toBe(true);
  await conflict(/Tagline/)
    .getByRole("radio", { name: /The new value/ })
    .check();
  await conflict(/Rating/)
    .getByRole("radio", { name: /Now in the catalogue/ })
    .check();
  await button(page, /^Publish 2 changes/).click();
  await toast(page, "is published as revision 3").waitFor();
  expect((await studio.document(movie, "BASIC_INFO")).data).toMatchObject({
    tagline: "Ours",
    rating: "PG",
    overview: "Ours too.",
  });
});

test("an ambiguous name is asked about, and the answer can be changed before it counts", async () => {
  const credit = (movie: string, title: string, list: string, id: string) =>
    studio
      .createMovie(movie, title)
      .then(() =>
        studio.import(
          movie,
          envelope(movie, "cast_crew", { [list]: [{ id, name: "Steve McQueen" }] }),
          { source: "TMDB" },
        ),
      );
  await credit("tmdb-916", "Bullitt", "cast", "mcqueen-actor");
  await credit("tmdb-76203", "12 Years a Slave", "directors", "mcqueen-director");
  const text = answer(
    envelope("tmdb-550", "cast_crew", {
      producers: [{ name: "Steve McQueen" }],
      cast: [{ name: "A Newcomer" }],
    }),
  );
  const page = await plan(text);
  const card = page.locator(".card").filter({ hasText: "Producers: Steve McQueen" });
  await card.getByText("known for Bullitt").waitFor();
  await page.getByText("1 question is open").waitFor();
  await card.getByRole("radio", { name: /Bullitt/ }).check();
  await page.getByText("1 question is open").waitFor({ state: "detached" });
  // The candidates stay.
  await card.getByRole("radio", { name: /12 Years a Slave/ }).check();
  await take(page, /A Newcomer/).uncheck();
  await button(page, "Publish 1 change").click();
  await toast(page, "is published as revision 2").waitFor();
  const producers = await items("tmdb-550", "CAST_CREW", "producers");
  expect(producers.at(-1)).toMatchObject({ id: "mcqueen-director", name: "Steve McQueen" });
  const cast = await items("tmdb-550", "CAST_CREW", "cast");
  expect(cast.map(({ name }) => name)).not.toContain("A Newcomer");
});

test("a plan that is out of date says what moved, and keeps the choices that still hold", async () => {
  const movie = "tmdb-194";
  const page = await plan(
    answer(
      envelope(movie, "timeline", {
        events: [
          { date: "2030", title: "Mine" },
          { date: "2031", title: "Not wanted" },
          { date: "2032", title: "Theirs as well" },
        ],
      }),
    ),
  );
  await take(page, /Not wanted/).uncheck();
  await take(page, /Theirs as well/).uncheck();
  await studio.import(
    movie,
    envelope(movie, "timeline", { events: [{ date: "2032", title: "Theirs as well" }] }),
  );
  // Only a part is taken: the plan of that part is made and carried out at once, and is not stale.
  await take(page, /Theirs as well/).check();
  await take(page, /Not wanted/).check();
  await button(page, "Publish 3 changes").click();
  await page
    .getByText("The catalogue changed while you were looking: 1 change is no longer needed.")
    .waitFor();
  await take(page, /Theirs as well/).waitFor({ state: "detached" });
  await take(page, /Not wanted/).uncheck();
  await button(page, "Publish 1 change").click();
  await toast(page, "is published as revision 3").waitFor();
  const titles = (await items(movie, "TIMELINE", "events")).map(({ title }) => title);
  expect(titles).toContain("Mine");
  expect(titles).not.toContain("Not wanted");
});

test("what cannot be read is shown at its line, with a hint for the model", async () => {
  const text = `{
  "category": "timeline",
  "movie_id": "tmdb-550",
  "data": {
    "events": [
      { "date": "2023-13", "title": "Release" }
    ]
  }
}`;
  const page = await plan(text);
  const problem = page.locator(".card").filter({ hasText: "/events/0/date" });
  await problem.getByText("line 6").waitFor();
  await problem.getByText("allowed is a date").waitFor();
  expect(await button(page, /^Publish/).isDisabled()).toBe(true);
  await button(page, "Copy a hint for the model").click();
  await toast(page, "The hint was copied.").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("/events/0/date");
  await button(page, "Edit the text").click();
  await textOf(page).fill(text.replace("2023-13", "2023-12"));
  await button(page, "See what would change").click();
  await button(page, "Publish 1 change").waitFor();
});

test("movie and category are found in the text, and can be corrected", async () => {
  const page = await studio.open("/movies/tmdb-238/awards");
  await page.getByRole("link", { name: "Import…" }).click();
  await page.getByText("The Godfather (1972)").waitFor();
  expect(await page.getByLabel("Category").inputValue()).toBe("AWARDS");
  await textOf(page).fill('{"items": [{"text": "A fact without an envelope."}]}');
  await page.getByLabel("Category").selectOption("TRIVIA");
  await button(page, "See what would change").click();
  await take(page, /A fact without an envelope/).waitFor();
  await button(page, "Edit the text").click();
  await textOf(page).fill(JSON.stringify(envelope("tmdb-603", "trivia", { items: [] })));
  await page.getByText("The Matrix (1999)").waitFor();
  await page.getByLabel("Movie", { exact: true }).fill("tmdb-0");
  await page.getByText("The catalogue has no movie tmdb-0.").waitFor();
});

test("files are chosen or dropped, one after the other; what is no text is refused", async () => {
  const page = await studio.open("/import");
  const file = (name: string, text: string) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(text),
  });
  const event = (title: string) =>
    JSON.stringify(envelope("tmdb-27205", "timeline", { events: [{ date: "2040", title }] }));
  const chooser = page.waitForEvent("filechooser");
  await button(page, "Choose files…").click();
  await (
    await chooser
  ).setFiles([
    file("a.json", event("From a")),
    file("b.txt", event("From b")),
    file("c.png", "\u0089PNG\u0000"),
  ]);
  await toast(page, "c.png is neither a text file nor an archive.").waitFor();
  await button(page, "One after the other").click();
  await page.getByText("File 1 of 2").waitFor();
  await button(page, "See what would change").click();
  await button(page, "Publish 1 change").click();
  await page.getByText("File 2 of 2").waitFor();
  expect(await textOf(page).inputValue()).toContain("From b");
  await button(page, "See what would change").click();
  await button(page, "Publish 1 change").click();
  await toast(page, "is published as revision 3").waitFor();

  await page.goto("/import");
  await textOf(page).waitFor();
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.md"));
    return data;
  }, event("Dropped"));
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await page.getByText("dropped.md").waitFor();
  expect(await textOf(page).inputValue()).toContain("Dropped");
  // A reload loses nothing.
  await page.reload();
  await expect.poll(() => textOf(page).inputValue()).toContain("Dropped");
});

test("a text that says nothing new changes nothing", async () => {
  const page = await plan(JSON.stringify(await studio.document("tmdb-20453", "AWARDS")));
  await page.getByRole("heading", { name: "Nothing to change" }).waitFor();
});

test("a contributor saves a draft, which an admin compares, publishes or discards", async () => {
  const movie = "tmdb-496243";
  const contributor = await studio.account("CONTRIBUTOR");
  const page = await plan(
    answer(envelope(movie, "trivia", { items: [{ text: "Proposed." }, { text: "Not this." }] })),
    contributor,
  );
  expect(await button(page, /^Publish/).count()).toBe(0);
  await take(page, /Not this/).uncheck();
  await button(page, "Save 1 change as draft").click();
  await toast(page, "Saved in the draft of trivia").waitFor();
  await page.getByText("Draft by contributor@example.com").waitFor();
  await page.getByText("Proposed.").waitFor();
  expect(await button(page, "Publish draft").count()).toBe(0);
  expect((await items(movie, "TRIVIA", "items")).map(({ text }) => text)).not.toContain(
    "Proposed.",
  );

  const admin = await studio.open("/drafts");
  await admin.getByRole("link", { name: /Parasite/ }).waitFor();
  await visit(admin, `/movies/${movie}/trivia?stage=draft`);
  await button(admin, "Publish draft").click();
  const dialog = admin.getByRole("dialog", { name: "What publishing this draft would change" });
  await dialog.getByText("Proposed.").waitFor();
  await dialog.getByRole("button", { name: "Publish 1 change" }).click();
  await toast(admin, "is published as revision 2").waitFor();
  expect((await items(movie, "TRIVIA", "items")).map(({ text }) => text)).toContain("Proposed.");

  await studio.import(movie, envelope(movie, "trivia", { items: [{ text: "Worse." }] }), {
    target: "DRAFT",
  });
  await admin.goto(`/movies/${movie}/trivia?stage=draft`);
  await button(admin, "Discard draft").click();
  const question = admin.getByRole("dialog");
  await question.getByLabel("Reason").fill("Not the film: the play.");
  await question.getByRole("button", { name: "Discard draft" }).click();
  await toast(admin, "The draft was discarded.").waitFor();
  await page.goto(`/movies/${movie}/trivia`);
  await page.getByText(/The last draft was discarded by .*Not the film: the play\./).waitFor();
  await page.goto(`/movies/${movie}/awards`);
  await page.getByRole("heading", { level: 1, name: "Parasite" }).waitFor();
  expect(await page.getByText("The last draft was discarded").count()).toBe(0);
  await admin.goto("/drafts");
  await admin.getByRole("heading", { name: "No draft waits" }).waitFor();
});

test("an admin may save a draft instead of publishing", async () => {
  const movie = "tmdb-19995";
  const page = await plan(
    answer(envelope(movie, "trivia", { items: [{ text: "For later." }, { text: "Never." }] })),
  );
  await take(page, /Never/).uncheck();
  await button(page, "Save as draft").click();
  await toast(page, "Saved in the draft of trivia").waitFor();
  const draft = await studio.document(movie, "TRIVIA", "DRAFT");
  const texts = (draft.data["items"] ?? []).map(({ text }) => text);
  expect(texts).toContain("For later.");
  expect(texts).not.toContain("Never.");
});

test("a draft that is open already is compared with, before anything is saved in it", async () => {
  const movie = "tmdb-129";
  const tagline = (text: string) => envelope(movie, "basic_info", { tagline: text });
  await studio.import(movie, tagline("Of the draft"), { target: "DRAFT" });
  const page = await plan(answer(tagline("Of the file")));
  await button(page, "Save as draft").click();
  await page.getByText("A draft of this category is open already.").waitFor();
  const card = page.locator(".card").filter({ hasText: "Tagline" });
  await card.locator("del").filter({ hasText: "draft" }).first().waitFor();
  expect((await studio.document(movie, "BASIC_INFO", "DRAFT")).data).toMatchObject({
    tagline: "Of the draft",
  });
  // The draft changed the same value since the file was made, so it is a conflict.
  const taken = card.getByRole("radio", { name: /The new value/ });
  if ((await taken.count()) > 0) await taken.check();
  await button(page, "Save as draft").click();
  await toast(page, "Saved in the draft of basic info").waitFor();
  expect((await studio.document(movie, "BASIC_INFO", "DRAFT")).data).toMatchObject({
    tagline: "Of the file",
  });
});

test("a question that a draft leaves open is answered when it is published", async () => {
  const movie = "tmdb-27205";
  const producers = [{ name: "Steve McQueen" }];
  await studio.import(movie, envelope(movie, "cast_crew", { producers }), { target: "DRAFT" });
  const page = await studio.open(`/movies/${movie}/cast-crew?stage=draft`);
  await button(page, "Publish draft").click();
  const dialog = page.getByRole("dialog", { name: "What publishing this draft would change" });
  const publish = dialog.getByRole("button", { name: /^Publish/ });
  await dialog.getByText("Producers: Steve McQueen").first().waitFor();
  expect(await publish.isDisabled()).toBe(true);
  await dialog.getByRole("radio", { name: /Bullitt/ }).check();
  await expect.poll(() => publish.isDisabled()).toBe(false);
  await publish.click();
  await toast(page, "Cast & crew of Inception is published").waitFor();
  const credits = await items(movie, "CAST_CREW", "producers");
  expect(credits.at(-1)).toMatchObject({ id: "mcqueen-actor" });
});

test("a viewer reads and exports, and is offered nothing else", async () => {
  const viewer = await studio.account("VIEWER");
  const page = await studio.open("/movies/tmdb-550/timeline", viewer);
  await button(page, "Export JSON").waitFor();
  await page.locator(".timeline").waitFor();
  expect(await page.getByRole("link", { name: /Import|Drafts|History/ }).count()).toBe(0);
  await page.goto("/import");
  await page.getByText("Importing needs the role Contributor or Admin.").waitFor();
  await page.goto("/");
  await page.locator("a.movie-link").first().waitFor();
  expect(await button(page, "Add movie").count()).toBe(0);
});
