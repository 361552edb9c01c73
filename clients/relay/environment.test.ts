import { fetchQuery, graphql } from "relay-runtime";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Session } from "../session/session.ts";
import { ADMIN, startServer, type Server } from "../support/server.ts";
import { expired, logIn } from "../support/tokens.ts";
import { createEnvironment } from "./environment.ts";
import type { environmentMoviesQuery } from "./generated/environmentMoviesQuery.graphql.ts";

const MOVIES = graphql`
  query environmentMoviesQuery {
    movies(first: 1) {
      nodes {
        id
      }
    }
  }
`;

let server: Server;
let session: Session;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  session = new Session(server.url);
});

const movies = () =>
  fetchQuery<environmentMoviesQuery>(
    createEnvironment(server.url, session),
    MOVIES,
    {},
  ).toPromise();

test("relay: an expired token is renewed, and the query is repeated", async () => {
  const { access, refresh } = await logIn(server);
  session["tokens"] = { access_token: expired(access, server), refresh_token: refresh };
  expect((await movies())?.movies.nodes).toHaveLength(1);
});

test("relay: when nothing can be renewed, the application sees the code", async () => {
  session["tokens"] = { access_token: "not-a-token", refresh_token: "not-a-token" };
  const codes = await movies().then(
    () => [],
    (error: { source: { errors: { extensions: { code: string } }[] } }) =>
      error.source.errors.map(({ extensions }) => extensions.code),
  );
  expect(codes).toEqual(["UNAUTHENTICATED"]);
  expect(await session.logIn(ADMIN.email, ADMIN.password)).toBe(true);
  expect((await movies())?.movies.nodes).toHaveLength(1);
});
