// What a front end meets when its tokens end, tried with each client library: the library sees the
// code UNAUTHENTICATED, renews the token and repeats the request once; or the application sees the
// code and asks for a log-in.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { IMPORT_CATEGORY, MOVIES, VIEWER } from "../graphql-codegen/src/operations.ts";
import { Session } from "../session/session.ts";
import { EVENT, MOVIE } from "./example.ts";
import { ADMIN, startServer, type Server } from "./server.ts";
import { expired, logIn } from "./tokens.ts";

/** What an application sees of an answer. */
export interface Answer<Data> {
  data: Data | null | undefined;
  /** `extensions.code` of each GraphQL error. */
  codes: unknown[];
}

type Run = <Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Answer<Data>>;

export interface Client {
  query: Run;
  mutate: Run;
}

export function testIdentity(tool: string, connect: (url: string, session: Session) => Client) {
  let server: Server;
  let session: Session;
  let client: Client;
  let requests: string[];

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    requests = [];
    const send = globalThis.fetch;
    vi.stubGlobal("fetch", async (input: string | URL | Request, init?: RequestInit) => {
      const response = await send(input, init);
      requests.push(`${new URL(response.url).pathname} ${response.status}`);
      return response;
    });
    session = new Session(server.url);
    client = connect(server.url, session);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const setTokens = (access: string, refresh: string) => {
    session["tokens"] = { access_token: access, refresh_token: refresh };
  };
  const withExpiredToken = async () => {
    const tokens = await logIn(server);
    setTokens(expired(tokens.access, server), tokens.refresh);
    requests.length = 0;
  };

  test(`${tool}: an expired token is renewed, and the query is repeated once`, async () => {
    await withExpiredToken();
    const answer = await client.query(VIEWER, {});
    expect(answer).toEqual({
      data: expect.objectContaining({ viewer: expect.objectContaining({ email: ADMIN.email }) }),
      codes: [],
    });
    expect(requests).toEqual(["/graphql 401", "/api/v1/auth/refresh 200", "/graphql 200"]);
  });

  test(`${tool}: queries that fail at the same time share one renewal`, async () => {
    await withExpiredToken();
    const answers = await Promise.all([
      client.query(VIEWER, {}),
      client.query(MOVIES, { first: 1 }),
      client.query(MOVIES, { first: 2 }),
    ]);
    expect(answers.map(({ codes }) => codes)).toEqual([[], [], []]);
    expect(answers[1].data?.movies.nodes).toHaveLength(1);
    expect(answers[2].data?.movies.nodes).toHaveLength(2);
    // urql renews once more for an answer that arrives after the renewal.
    const renewals = requests.filter((each) => each.startsWith("/api/v1/auth/refresh"));
    expect(renewals.length).toBeGreaterThan(0);
    expect(renewals.length).toBeLessThan(answers.length);
  });

  test(`${tool}: a mutation with an expired token is carried out once`, async () => {
    await withExpiredToken();
    const input = { movieId: MOVIE, data: { timeline: { events: [EVENT] } } };
    const { data, codes } = await client.mutate(IMPORT_CATEGORY, { input });
    expect(codes).toEqual([]);
    expect(data?.importCategory.status).toBe("PUBLISHED");
    expect(data?.importCategory.movieExport?.metadata.revision).toBe(2);
    expect(requests).toEqual(["/graphql 401", "/api/v1/auth/refresh 200", "/graphql 200"]);
  });

  test(`${tool}: when nothing can be renewed, the application sees the code`, async () => {
    setTokens("not-a-token", "not-a-token");
    const refused = await client.query(MOVIES, { first: 1 });
    expect(refused.data ?? null).toBeNull();
    expect(refused.codes).toEqual(["UNAUTHENTICATED"]);
    // urql repeats the request after a renewal that failed; the other libraries do not.
    expect(requests.slice(0, 2)).toEqual(["/graphql 401", "/api/v1/auth/refresh 401"]);
    expect(requests.slice(2)).toEqual(tool === "urql" ? ["/graphql 401"] : []);
    expect(session.accessToken).toBeNull();

    expect(await session.logIn(ADMIN.email, "wrong password")).toBe(false);
    expect(await session.logIn(ADMIN.email, ADMIN.password)).toBe(true);
    const answer = await client.query(MOVIES, { first: 1 });
    expect(answer.codes).toEqual([]);
    expect(answer.data?.movies.nodes).toHaveLength(1);
  });

  test(`${tool}: without a token, the application sees the code, and public fields`, async () => {
    expect((await client.query(MOVIES, { first: 1 })).codes).toEqual(["UNAUTHENTICATED"]);
    expect(await client.query(VIEWER, {})).toEqual({
      data: expect.objectContaining({ viewer: null }),
      codes: [],
    });
    expect(requests.filter((each) => !each.startsWith("/graphql 200"))).toEqual([]);
  });
}
