// The GraphQL client: a cache that knows objects by their id, and tokens that renew themselves.
import { Client, fetchExchange, type CombinedError } from "urql";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange, type Cache, type DataFields } from "@urql/exchange-graphcache";
import { embeddedTypes } from "../../../../clients/caches.json";
import { session } from "../session/session.ts";

/** Embedded objects belong to the object that contains them, and have no identity of their own. */
const keys = Object.fromEntries(embeddedTypes.map((type) => [type, () => null]));

/** The fields that read the catalogue as a whole. */
const CATALOGUE = ["movies", "catalogStatistics"];

/** Forgets the lists that a write may have changed. */
function forget(cache: Cache, ...fields: string[]) {
  for (const { fieldKey, fieldName } of cache.inspectFields("Query")) {
    if (fields.includes(fieldName)) cache.invalidate("Query", fieldKey);
  }
}

/** Forgets fields of an object, with whatever arguments they were read. */
function forgetFields(
  cache: Cache,
  entity: { __typename: string; id: string },
  ...fields: string[]
) {
  for (const { fieldKey, fieldName } of cache.inspectFields(entity)) {
    if (fields.includes(fieldName)) cache.invalidate(entity, fieldKey);
  }
}

/** Forgets what was read about a movie's documents beside the documents themselves. */
function forgetOf(cache: Cache, movie: unknown) {
  if (typeof movie !== "string") return;
  const entity = { __typename: "Movie", id: movie };
  forgetFields(cache, entity, "drafts", "exports", "provenance", "revisions", "revisionDiff");
  // Both stages of every category: an import may have written either of them.
  for (const { fieldKey, fieldName, arguments: given } of cache.inspectFields("Query")) {
    if (fieldName === "movieExport" && given?.["movieId"] === movie) {
      cache.invalidate("Query", fieldKey);
    }
  }
}

interface WriteVariables {
  input?: { movieId?: string; dryRun?: boolean; options?: { dryRun?: boolean } };
}

function wrote(_result: unknown, args: unknown, cache: Cache) {
  const { input } = args as WriteVariables;
  if (input?.dryRun === true || input?.options?.dryRun === true) return;
  forgetOf(cache, input?.movieId);
  forget(cache, "drafts", ...CATALOGUE);
}

/** Forgets what was read about the tokens and sessions of the own account. */
function forgetOwn(_result: unknown, _args: unknown, cache: Cache) {
  const { current } = session;
  if (!("viewer" in current)) return;
  forgetFields(cache, { __typename: "User", id: current.viewer.id }, "tokens", "sessions");
}

/** Forgets who is who, after people were merged or split, and the documents that this changed. */
function rewrote(result: DataFields, args: unknown, cache: Cache) {
  const { input } = args as { input: { id: string; otherIds?: string[]; dryRun?: boolean } };
  if (input.dryRun === true) return;
  const payload = Object.values(result)[0] as {
    other?: { id: string } | null;
    documents: { movieId: string }[];
  };
  for (const id of input.otherIds ?? []) cache.invalidate({ __typename: "Person", id });
  for (const id of [input.id, payload.other?.id]) {
    if (id !== undefined)
      forgetFields(cache, { __typename: "Person", id }, "filmography", "nominations");
  }
  for (const { movieId } of payload.documents) forgetOf(cache, movieId);
  forget(cache, "person", "people", "duplicatePeople", "catalogStatistics");
}

/** Forgets the lists that names are searched in. */
const renamed = (_result: unknown, _args: unknown, cache: Cache) =>
  forget(cache, "people", "duplicatePeople", "ceremonies", "platforms", "genres");

/** Forgets an object that is gone, and with it the lists that have it. */
const gone = (__typename: string) => (_result: unknown, args: unknown, cache: Cache) => {
  const { input } = args as { input: { id: string } };
  cache.invalidate({ __typename, id: input.id });
};

export function createClient(): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [
      cacheExchange({
        keys,
        updates: {
          Mutation: {
            createMovie: (_result, _args, cache) => forget(cache, ...CATALOGUE),
            importDocument: wrote,
            publishDraft: wrote,
            discardDraft: wrote,
            publishDrafts: wrote,
            discardDrafts: wrote,
            revertCategory: wrote,
            mergePeople: rewrote,
            splitPerson: rewrote,
            updatePerson: renamed,
            updateCeremony: renamed,
            updatePlatform: renamed,
            updateGenre: renamed,
            createUser: (_result, _args, cache) => forget(cache, "users"),
            updateUser: (_result, _args, cache) => forget(cache, "users"),
            deleteUser: (_result, _args, cache) => forget(cache, "users"),
            logout: forgetOwn,
            logoutEverywhere: forgetOwn,
            createToken: forgetOwn,
            revokeToken: gone("PersonalAccessToken"),
          },
        },
      }),
      authExchange((utilities) => {
        let sent: string | null = null;
        return Promise.resolve({
          addAuthToOperation: (operation) => {
            sent = session.accessToken;
            return sent === null
              ? operation
              : utilities.appendHeaders(operation, { Authorization: `Bearer ${sent}` });
          },
          willAuthError: () => session.isStale,
          didAuthError: (error) => codeOf(error) === "UNAUTHENTICATED",
          refreshAuth: () => session.renew(sent),
        });
      }),
      fetchExchange,
    ],
  });
}

/** The code of the first GraphQL error of an answer. */
export function codeOf(error: CombinedError): string | undefined {
  const code = error.graphQLErrors[0]?.extensions["code"];
  return typeof code === "string" ? code : undefined;
}
