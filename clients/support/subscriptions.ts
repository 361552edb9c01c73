// Subscriptions as each client library runs them: changes arrive as they are published, a consumer
// that keeps its last cursor misses nothing, and a missing token is an error that can be read.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ChangesSubscription } from "../graphql-codegen/generated/graphql.ts";
import { CHANGES, DRAFT_EVENTS, LAST_CHANGE } from "../graphql-codegen/src/subscriptions.ts";
import { Session } from "../session/session.ts";
import { MOVIE } from "./example.ts";
import { ADMIN, startServer, type Server } from "./server.ts";
import { expired, logIn } from "./tokens.ts";

const PATIENCE = { timeout: 20_000 };

export interface Observer<Data> {
  onData(data: Data): void;
  onError(error: unknown): void;
}

export interface SubscribingClient {
  subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    observer: Observer<Data>,
  ): { stop(): void };
  /** Closes its connections. */
  close(): void;
}

type Change = ChangesSubscription["changes"];

export function testSubscriptions(
  tool: string,
  connect: (url: string, session: Session) => SubscribingClient,
): void {
  let server: Server;
  let session: Session;
  let client: SubscribingClient;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    session = new Session(server.url);
    await session.logIn(ADMIN.email, ADMIN.password);
    client = connect(server.url, session);
  });
  afterEach(() => client.close());

  /** Follows the feed from a cursor until it is stopped. */
  function follow(after: string | null) {
    const changes: Change[] = [];
    const errors: unknown[] = [];
    const { stop } = client.subscribe(
      CHANGES,
      { after },
      {
        onData: ({ changes: change }) => void changes.push(change),
        onError: (error) => void errors.push(error),
      },
    );
    const revisions = () => changes.map(({ revision }) => revision);
    return { changes, errors, revisions, stop };
  }

  test(`${tool}: changes arrive as they are published`, async () => {
    const feed = follow(await lastCursor());
    const first = await publish();
    await expect.poll(feed.revisions, PATIENCE).toEqual([first]);
    const second = await publish();
    await expect.poll(feed.revisions, PATIENCE).toEqual([first, second]);
    feed.stop();
    expect(feed.errors).toEqual([]);
    expect(feed.changes[1]).toMatchObject({
      kind: "IMPORTED",
      movieId: MOVIE,
      category: "TIMELINE",
      movieExport: { metadata: { revision: second } },
    });
  });

  test(`${tool}: a consumer continues after its last cursor`, async () => {
    const before = follow(await lastCursor());
    const first = await publish();
    await expect.poll(before.revisions, PATIENCE).toEqual([first]);
    before.stop();
    const missed = [await publish(), await publish()];
    const after = follow(before.changes[0]?.cursor ?? null);
    const next = await publish();
    await expect.poll(after.revisions, PATIENCE).toEqual([...missed, next]);
    after.stop();
  });

  test(`${tool}: drafts are followed`, async () => {
    const kinds: string[] = [];
    const { stop } = client.subscribe(
      DRAFT_EVENTS,
      {},
      {
        onData: ({ drafts }) => void kinds.push(drafts.kind),
        onError: (error) => void kinds.push(String(error)),
      },
    );
    // The protocols do not say when a subscription is active, so there is a change until one comes.
    await expect
      .poll(async () => {
        await publish("draft");
        return kinds.length;
      }, PATIENCE)
      .toBeGreaterThan(0);
    stop();
    for (const kind of kinds) expect(["OPENED", "CONTRIBUTED"]).toContain(kind);
  });

  test(`${tool}: an expired token is an error that can be read`, async () => {
    const tokens = await logIn(server);
    session["tokens"] = {
      access_token: expired(tokens.access, server),
      refresh_token: "not-a-token",
    };
    const feed = follow(null);
    await expect.poll(() => feed.errors.length, PATIENCE).toBeGreaterThan(0);
    feed.stop();
    expect(feed.changes).toEqual([]);
    expect(described(feed.errors[0])).toMatch(/UNAUTHENTICATED|4403| 401$/);
  });

  async function lastCursor(): Promise<string | null> {
    const response = await fetch(server.graphql, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ query: print(LAST_CHANGE) }),
    });
    const { data } = (await response.json()) as {
      data: { changes: { nodes: { cursor: string }[] } };
    };
    return data.changes.nodes[0]?.cursor ?? null;
  }

  /** Adds an event to the timeline, and returns the published revision. */
  async function publish(target = "published"): Promise<number> {
    const route = `${server.url}/api/v1/admin/movies/${MOVIE}/import/timeline?target=${target}`;
    const events = [{ date: "2025", title: `Event ${performance.now()}` }];
    const response = await fetch(route, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ category: "timeline", movie_id: MOVIE, data: { events } }),
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { revision: number }).revision;
  }
}

/** What an application can read in an error: of GraphQL, or of a connection that was refused. */
function described(error: unknown): string {
  const { networkError = error } = error as { networkError?: unknown };
  const { code, response } = networkError as { code?: number; response?: Response };
  return [JSON.stringify(error), String(networkError), code, response?.status].join(" ");
}
