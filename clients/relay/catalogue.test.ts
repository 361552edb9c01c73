// Relay's runtime with the fragments of catalogue.ts and the mutations of edges.ts: objects are
// fetched again by their ids, the pages of a connection become one list, and mutations change it.
import {
  commitMutation,
  ConnectionHandler,
  createOperationDescriptor,
  type ConcreteRequest,
  fetchQuery,
  getSingularSelector,
  type GraphQLTaggedNode,
  type IEnvironment,
} from "relay-runtime";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Session } from "../session/session.ts";
import { ADMIN, startServer, type Server } from "../support/server.ts";
import { DRAFTS, FILMOGRAPHY, IMPORTS, MOVIE, REVISIONS } from "./catalogue.ts";
import { DISCARD_DRAFT, OPEN_DRAFT, PUBLISH } from "./edges.ts";
import { createEnvironment } from "./environment.ts";
import draftsQuery from "./generated/catalogueDraftsQuery.graphql.ts";
import filmographyQuery from "./generated/catalogueFilmographyQuery.graphql.ts";
import importsQuery from "./generated/catalogueImportsQuery.graphql.ts";
import movieQuery from "./generated/catalogueMovieQuery.graphql.ts";
import revisionsQuery from "./generated/catalogueRevisionsQuery.graphql.ts";

const FIGHT_CLUB = "tmdb-550";
const QUENTIN_TARANTINO = "tmdb-person-138";

let server: Server;
let session: Session;
let environment: IEnvironment;

beforeAll(async () => {
  server = await startServer();
  session = new Session(server.url);
  await session.logIn(ADMIN.email, ADMIN.password);
  for (const target of ["published", "published", "draft"]) await importEvent(target);
  await importEvent("draft", "tmdb-346698");
});
afterAll(() => server.stop());
beforeEach(() => {
  environment = createEnvironment(server.url, session);
});

/** Imports another event, so that there are revisions, drafts and records to page through. */
async function importEvent(target: string, movie = FIGHT_CLUB): Promise<void> {
  const route = `${server.url}/api/v1/admin/movies/${movie}/import/timeline?target=${target}`;
  const title = `Event ${performance.now()}`;
  const response = await fetch(route, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...session.headers },
    body: JSON.stringify({
      category: "timeline",
      movie_id: movie,
      data: { events: [{ date: "2024", title }] },
    }),
  });
  expect(response.status).toBe(200);
}

/** Runs a query, and reads a fragment of its result from the store. */
async function load(
  request: ConcreteRequest,
  variables: Record<string, unknown>,
  fragment: GraphQLTaggedNode,
): Promise<Record<string, unknown>> {
  await fetchQuery(environment, request, variables).toPromise();
  environment.retain(createOperationDescriptor(request, variables));
  return read(request, variables, fragment);
}

/** Reads a fragment of a query's result from the store, without a request. */
function read(
  request: ConcreteRequest,
  variables: Record<string, unknown>,
  fragment: GraphQLTaggedNode,
): Record<string, unknown> {
  const operation = createOperationDescriptor(request, variables);
  const root = environment.lookup(operation.fragment).data as Record<string, unknown>;
  const selector = getSingularSelector(fragment as never, root["node"] ?? root);
  if (selector === null || selector === undefined) throw new Error("the fragment is not selected");
  return environment.lookup(selector).data as Record<string, unknown>;
}

interface Connection {
  edges: { node: Record<string, unknown> }[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

test("relay: an object is fetched again by its id", async () => {
  const first = await load(movieQuery, { id: FIGHT_CLUB }, MOVIE);
  expect(first["title"]).toBe("Fight Club");
  await importEvent("published");
  const again = await load(movieQuery, { id: FIGHT_CLUB }, MOVIE);
  expect(again["updatedAt"]).not.toBe(first["updatedAt"]);
});

test.each([
  ["revisions", revisionsQuery, { id: FIGHT_CLUB }, REVISIONS],
  ["filmography", filmographyQuery, { id: QUENTIN_TARANTINO }, FILMOGRAPHY],
  ["drafts", draftsQuery, {}, DRAFTS],
  ["imports", importsQuery, {}, IMPORTS],
])("relay: the pages of %s become one list", async (field, request, variables, fragment) => {
  const warnings = vi.spyOn(console, "error");
  const page = async (after: string | null) =>
    (await load(request, { ...variables, first: 1, after }, fragment))[field] as Connection;
  const first = await page(null);
  expect(first.edges).toHaveLength(1);
  expect(first.pageInfo.hasNextPage).toBe(true);
  await page(first.pageInfo.endCursor);
  const beginning = { ...variables, first: 1, after: null };
  const all = read(request, beginning, fragment)[field] as Connection;
  expect(all.edges).toHaveLength(2);
  expect(new Set(all.edges.map(({ node }) => JSON.stringify(node))).size).toBe(2);
  expect(warnings).not.toHaveBeenCalled();
});

/** Commits a mutation; its directives change the connection. */
function commit(mutation: GraphQLTaggedNode, input: object, connection: string): Promise<void> {
  return new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation,
      variables: { input, connections: [connection] },
      onCompleted: (_data, errors) => (errors ? reject(errors[0]) : resolve()),
      onError: reject,
    });
  });
}

const event = (title: string) => ({ timeline: { events: [{ date: "2024", title }] } });

test("relay: a draft is appended to a list and deleted from it", async () => {
  const variables = { first: 10, after: null };
  const before = (await load(draftsQuery, variables, DRAFTS))["drafts"] as Connection;
  const categories = () => {
    const drafts = read(draftsQuery, variables, DRAFTS)["drafts"] as Connection;
    return drafts.edges.map(({ node }) => node["category"]);
  };
  const connection = ConnectionHandler.getConnectionID("client:root", "catalogueDrafts_drafts");
  const movieId = "tmdb-603";
  const options = { target: "DRAFT" };
  await commit(OPEN_DRAFT, { movieId, data: { trivia: { items: [FACT] } }, options }, connection);
  expect(categories()).toEqual([...before.edges.map(({ node }) => node["category"]), "TRIVIA"]);
  await commit(DISCARD_DRAFT, { movieId, category: "TRIVIA" }, connection);
  expect(categories()).toEqual(before.edges.map(({ node }) => node["category"]));
});

test("relay: a revision is prepended to a list", async () => {
  const variables = { id: FIGHT_CLUB, first: 10, after: null };
  await load(revisionsQuery, variables, REVISIONS);
  const numbers = () => {
    const revisions = read(revisionsQuery, variables, REVISIONS)["revisions"] as Connection;
    return revisions.edges.map(({ node }) => Number(node["number"]));
  };
  const before = numbers();
  const connection = ConnectionHandler.getConnectionID(FIGHT_CLUB, "catalogueRevisions_revisions", {
    category: "TIMELINE",
  });
  await commit(PUBLISH, { movieId: FIGHT_CLUB, data: event("Shown again") }, connection);
  expect(numbers()).toEqual([(before[0] ?? 0) + 1, ...before]);
});

const FACT = { text: "The green of the code is in many scenes." };
