// A page that watches a query with a client that has a normalising cache, and runs mutations.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
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

export type Connect = (url: string, session: Session) => CachingClient;

export interface Page<State> {
  /** What the page shows. */
  shown(): State;
  /** Runs a mutation that does not concern the page. */
  mutate: Run;
  /** Runs a mutation, and expects that the page then shows what the server has, without asking. */
  change<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<{ before: State; after: State }>;
}

/** A page for each test, on one server with the demo catalogue. */
export function openPage<Data, Variables extends Record<string, unknown>, State>(
  connect: Connect,
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  select: (data: Data) => State | null | undefined,
): Page<State> {
  let server: Server;
  let session: Session;
  let client: CachingClient;
  let requests: number;
  let state: State | null | undefined;
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
    vi.stubGlobal("fetch", (input: string | URL | Request, init?: RequestInit) => {
      requests += 1;
      return send(input, init);
    });
    client = connect(server.url, session);
    state = null;
    watch = client.watch(query, variables, (data) => (state = select(data)));
    await expect.poll(() => state).toBeTruthy();
  });
  afterEach(() => {
    watch.stop();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  function shown(): State {
    if (state === null || state === undefined) throw new Error("the page is empty");
    return state;
  }

  /** The watched query, without the client. */
  async function stored(): Promise<unknown> {
    const response = await fetch(server.graphql, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ query: print(query), variables }),
    });
    return plain(select(((await response.json()) as { data: Data }).data));
  }

  return {
    shown,
    mutate: (document, its) => client.mutate(document, its),
    change: async (document, its) => {
      const before = shown();
      requests = 0;
      await client.mutate(document, its);
      const expected = await stored();
      expect(expected, "the mutation changes what is shown").not.toEqual(plain(before));
      await expect.poll(() => plain(state)).toEqual(expected);
      // The mutation, and the request of this function.
      expect(requests).toBe(2);
      expect(complaints).toEqual([]);
      return { before, after: shown() };
    },
  };
}

/** Without what clients add: the names of types. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (key, each: unknown) =>
    key === "__typename" ? undefined : each,
  );
}
