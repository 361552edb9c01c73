// What a front end with a normalising cache sees: after each mutation, the query that it watches
// has the new state, and no request but the mutation was sent.
import { describe, expect, test } from "vitest";
import type {
  WatchedExportQuery,
  WatchedMovieQuery,
} from "../graphql-codegen/generated/graphql.ts";
import {
  IMPORT,
  IMPORT_TEXT,
  PUBLISH,
  REVERT,
  WATCHED_EXPORT,
} from "../graphql-codegen/src/caches.ts";
import {
  DISCARD,
  IMPORT_MOVIE,
  IMPORT_MOVIE_TEXT,
  LOCK,
  MERGE,
  PUBLISH_MOVIE,
  RENAME,
  REVERT_MOVIE,
  UNLOCK,
  WATCHED_MOVIE,
} from "../graphql-codegen/src/movies.ts";
import { type Connect, openPage } from "./watching.ts";

const MOVIE = "tmdb-550";
const TIMELINE = { movieId: MOVIE, category: "TIMELINE" } as const;

const event = (title: string) => ({
  movieId: MOVIE,
  data: { timeline: { events: [{ date: "2024-05", title }] } },
});
const DRAFT = { target: "DRAFT" } as const;

export function testCache(tool: string, connect: Connect): void {
  describe(`${tool}: a page that shows a document`, () => {
    const page = openPage(connect, WATCHED_EXPORT, { movieId: MOVIE }, (data) => data.movieExport);
    const titles = ({ data }: NonNullable<WatchedExportQuery["movieExport"]>) =>
      data.__typename === "Timeline" ? data.events.map(({ title }) => title) : [];

    test("importCategory", async () => {
      const { before, after } = await page.change(IMPORT, { input: event("A copy is restored") });
      expect(titles(after)).toEqual([...titles(before), "A copy is restored"]);
    });

    test("importDocument", async () => {
      const events = [{ date: "2024-06", title: "An exhibition opens" }];
      const document = JSON.stringify({ category: "timeline", movie_id: MOVIE, data: { events } });
      const { after } = await page.change(IMPORT_TEXT, { input: { movieId: MOVIE, document } });
      expect(titles(after)).toContain("An exhibition opens");
    });

    test("an import into the draft, and publishDraft", async () => {
      await page.mutate(IMPORT, { input: { ...event("A book is published"), options: DRAFT } });
      expect(titles(page.shown())).not.toContain("A book is published");
      const { after } = await page.change(PUBLISH, { input: TIMELINE });
      expect(titles(after)).toContain("A book is published");
    });

    test("revertCategory", async () => {
      const { before } = await page.change(IMPORT, { input: event("A mistake") });
      const { revision } = before.metadata;
      const { after } = await page.change(REVERT, { input: { ...TIMELINE, revision } });
      expect(titles(after)).toEqual(titles(before));
    });
  });

  describe(`${tool}: a page that shows a movie`, () => {
    const page = openPage(connect, WATCHED_MOVIE, { id: MOVIE }, (data) => data.movie);
    const titles = ({ timeline }: NonNullable<WatchedMovieQuery["movie"]>) =>
      timeline?.events.map(({ title }) => title) ?? [];

    test("importCategory", async () => {
      const input = event("A copy is restored");
      const { before, after } = await page.change(IMPORT_MOVIE, { input });
      expect(titles(after)).toEqual([...titles(before), "A copy is restored"]);
      expect(after.revisions?.nodes).toHaveLength((before.revisions?.nodes.length ?? 0) + 1);
    });

    test("importDocument", async () => {
      const envelope = {
        category: "basic_info",
        movie_id: MOVIE,
        data: { overview: "A summary." },
      };
      const input = { movieId: MOVIE, document: JSON.stringify(envelope) };
      const { after } = await page.change(IMPORT_MOVIE_TEXT, { input });
      expect(after.basicInfo?.overview).toBe("A summary.");
    });

    test("an import into the draft, and publishDraft", async () => {
      const input = { ...event("A book is published"), options: DRAFT };
      const drafted = await page.change(IMPORT_MOVIE, { input });
      expect(drafted.after.drafts).toHaveLength(1);
      const { after } = await page.change(PUBLISH_MOVIE, { input: TIMELINE });
      expect(titles(after)).toContain("A book is published");
      expect(after.drafts).toEqual([]);
    });

    test("discardDraft", async () => {
      const input = { ...event("A rumour"), options: DRAFT };
      await page.change(IMPORT_MOVIE, { input });
      const { after } = await page.change(DISCARD, { input: TIMELINE });
      expect(after.drafts).toEqual([]);
    });

    test("revertCategory", async () => {
      const { before } = await page.change(IMPORT_MOVIE, { input: event("A mistake") });
      const revision = before.revisions?.nodes[0]?.number ?? 0;
      const { after } = await page.change(REVERT_MOVIE, { input: { ...TIMELINE, revision } });
      expect(titles(after)).toEqual(titles(before));
    });

    test("lockFields and unlockFields", async () => {
      const input = { movieId: MOVIE, category: "BASIC_INFO" as const, fields: ["title"] };
      const locked = await page.change(LOCK, { input });
      expect(locked.after.locks).toHaveLength(1);
      const unlocked = await page.change(UNLOCK, { input });
      expect(unlocked.after.locks).toEqual([]);
    });

    test("updatePerson", async () => {
      const id = page.shown().castCrew?.directors[0]?.person?.id ?? "";
      const { after } = await page.change(RENAME, { input: { id, name: "David A. Fincher" } });
      expect(after.castCrew?.directors[0]?.person?.name).toBe("David A. Fincher");
    });

    test("mergePeople", async () => {
      const id = "tmdb-person-138";
      const other = page.shown().castCrew?.directors[0]?.person?.id ?? "";
      const { after } = await page.change(MERGE, { input: { id, otherIds: [other] } });
      expect(after.castCrew?.directors[0]?.person?.id).toBe(id);
    });
  });
}
