import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Session } from "../session/session.ts";
import { MOVIE } from "../support/example.ts";
import { ADMIN, startServer, type Server } from "../support/server.ts";
import { expired, logIn } from "../support/tokens.ts";
import { createEventClient } from "./events.ts";
import { followChanges, type Change } from "./follow.ts";
import { createWebSocketClient } from "./websocket.ts";

const PATIENCE = { timeout: 20_000 };
const clients = {
  "graphql-ws": (url: string, session: Session) => createWebSocketClient(url, session, WebSocket),
  "graphql-sse": createEventClient,
};

let server: Server;
let session: Session;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = new Session(server.url);
  await session.logIn(ADMIN.email, ADMIN.password);
});

test.each(Object.entries(clients))(
  "%s: a consumer sees every change once, also when the server is killed",
  async (_name, connect) => {
    const consumer = consume(connect(server.url, session), await lastCursor());
    const published = [await publish(), await publish()];
    await expect.poll(consumer.revisions, PATIENCE).toEqual(published);
    await server.kill();
    server = await startServer({ instead: server });
    published.push(await publish(), await publish());
    await expect.poll(consumer.revisions, PATIENCE).toEqual(published);
    published.push(await publish());
    await expect.poll(consumer.revisions, PATIENCE).toEqual(published);
    expect(consumer.failures).toEqual([]);
    consumer.stop();
  },
);

test.each(Object.entries(clients))("%s: an expired token is renewed", async (_name, connect) => {
  const after = await lastCursor();
  const { access, refresh } = await logIn(server);
  session["tokens"] = { access_token: expired(access, server), refresh_token: refresh };
  const consumer = consume(connect(server.url, session), after);
  // The token that was renewed.
  await expect.poll(() => session.accessToken, PATIENCE).not.toBe(expired(access, server));
  const published = [await publish()];
  await expect.poll(consumer.revisions, PATIENCE).toEqual(published);
  consumer.stop();
});

test.each(Object.entries(clients))("%s: a cursor of no feed fails", async (_name, connect) => {
  const consumer = consume(connect(server.url, session), "no cursor");
  await expect.poll(() => consumer.failures.length, PATIENCE).toBe(1);
  consumer.stop();
});

test.each(Object.entries(clients))("%s: without a valid token it fails", async (_name, connect) => {
  session["tokens"] = { access_token: "not-a-token", refresh_token: "not-a-token" };
  const consumer = consume(connect(server.url, session), null);
  await expect.poll(() => consumer.failures.length, PATIENCE).toBe(1);
  consumer.stop();
});

function consume(
  client: Parameters<typeof followChanges>[0] & { dispose(): unknown },
  after: string | null,
) {
  const changes: Change[] = [];
  const failures: unknown[] = [];
  const follow = async () => {
    for await (const change of followChanges(client, session, after)) changes.push(change);
  };
  follow().catch((error: unknown) => failures.push(error));
  return {
    failures,
    revisions: () => changes.map(({ revision }) => revision),
    stop: () => void client.dispose(),
  };
}

async function lastCursor(): Promise<string> {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...session.headers },
    body: JSON.stringify({ query: "{ changes(last: 1) { pageInfo { endCursor } } }" }),
  });
  const { data } = (await response.json()) as {
    data: { changes: { pageInfo: { endCursor: string } } };
  };
  return data.changes.pageInfo.endCursor;
}

/** Adds an event to the timeline, and returns the published revision. */
async function publish(): Promise<number> {
  const route = `${server.url}/api/v1/admin/movies/${MOVIE}/import/timeline`;
  const response = await fetch(route, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...session.headers },
    body: JSON.stringify({
      category: "timeline",
      movie_id: MOVIE,
      data: { events: [{ date: "2025", title: `Event ${performance.now()}` }] },
    }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { revision: number }).revision;
}
