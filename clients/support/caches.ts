// What a front end with a normalising cache sees: after each mutation, the query that it watches
// has the new state, and no request but the mutation was sent.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import {
  IMPORT,
  IMPORT_TEXT,
  PUBLISH,
  REVERT,
  WATCHED_EXPORT,
} from "../graphql-codegen/src/caches.ts";
import type { WatchedExportQuery } from "../graphql-codegen/generated/graphql.ts";
import { Session } from "../session/session.ts";
import { ADMIN, startServer, type Server } from "./server.ts";

type Run = <Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

export interface CachingClient {
  /** Runs a query, and calls back with its result whenever the cache changes it. */
  watch<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    onResult: (data: Data) => void,
  ): { stop(): void };
  mutate: Run;
}

const MOVIE = "tmdb-550";
type Export = NonNullable<WatchedExportQuery["movieExport"]>;

export function testCache(tool: string, connect: (url: string, session: Session) => CachingClient) {
  let server: Server;
  let session: Session;
  let client: CachingClient;
  let requests: number;
  let shown: Export | null;
  let watch: { stop(): void };
  const complaints: unknown[] = [];

  beforeAll(async () => {
    server = await startServer();
    session = new Session(server.url);
    await session.logIn(ADMIN.email, ADMIN.password);
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    complaints.length = 0;
    for (const method of ["warn", "error"] as const) {
      vi.spyOn(console, method).mockImplementation((...values) => void complaints.push(values));
    }
    const send = globalThis.fetch;
    requests = 0;
    vi.stubGlobal("fetch", (input: string | URL | Request, init?: RequestInit) => {
      requests += 1;
      return send(input, init);
    });
    client = connect(server.url, session);
    shown = null;
    watch = client.watch(WATCHED_EXPORT, { movieId: MOVIE }, (data) => {
      shown = data.movieExport ?? null;
    });
    await expect.poll(() => shown).not.toBeNull();
  });
  afterEach(() => {
    watch.stop();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  /** Runs a mutation, and compares what is shown then with what the server says. */
  async function change<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<{ before: Export; after: Export; data: Data }> {
    const before = shown;
    if (before === null) throw new Error("nothing is shown");
    requests = 0;
    const data = await client.mutate(document, variables);
    const stored = await read();
    expect(stored, "the mutation changes what is watched").not.toEqual(plain(before));
    await expect.poll(() => plain(shown)).toEqual(stored);
    // The mutation, and the request of this test.
    expect(requests).toBe(2);
    expect(complaints).toEqual([]);
    return { before, after: shown ?? before, data };
  }

  /** The watched query, without the client. */
  async function read(): Promise<unknown> {
    const response = await fetch(server.graphql, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ query: print(WATCHED_EXPORT), variables: { movieId: MOVIE } }),
    });
    const { data } = (await response.json()) as { data: WatchedExportQuery };
    return plain(data.movieExport);
  }

  const target = { movieId: MOVIE, category: "TIMELINE" } as const;
  const input = (title: string) => ({
    movieId: MOVIE,
    data: { timeline: { events: [{ date: "2024-05", title }] } },
  });
  const importTitle = (title: string) => change(IMPORT, { input: input(title) });
  const draft = (title: string) => ({
    input: { ...input(title), options: { target: "DRAFT" as const } },
  });
  const titles = ({ data }: Export) =>
    data.__typename === "Timeline" ? data.events.map(({ title }) => title) : [];

  test(`${tool}: importCategory`, async () => {
    const { before, after } = await importTitle("A restored copy is shown");
    expect(titles(after)).toEqual([...titles(before), "A restored copy is shown"]);
  });

  test(`${tool}: importDocument`, async () => {
    const events = [{ date: "2024-06", title: "An exhibition opens" }];
    const document = JSON.stringify({ category: "timeline", movie_id: MOVIE, data: { events } });
    const { after } = await change(IMPORT_TEXT, { input: { movieId: MOVIE, document } });
    expect(titles(after)).toContain("An exhibition opens");
  });

  test(`${tool}: publishDraft`, async () => {
    await client.mutate(IMPORT, draft("A book about the film"));
    expect(titles(shown as Export)).not.toContain("A book about the film");
    const { after } = await change(PUBLISH, { input: target });
    expect(titles(after)).toContain("A book about the film");
  });

  test(`${tool}: revertCategory`, async () => {
    const { before } = await importTitle("A mistake");
    const { revision } = before.metadata;
    const { after } = await change(REVERT, { input: { ...target, revision } });
    expect(titles(after)).toEqual(titles(before));
  });
}

/** Without what clients add: the names of types. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (key, each: unknown) =>
    key === "__typename" ? undefined : each,
  );
}
