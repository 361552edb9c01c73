import { Client, type Exchange, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { embeddedTypes } from "../caches.json";
import type { Session } from "../session/session.ts";

/** Embedded objects belong to the object that contains them, and have no identity of their own. */
const keys = Object.fromEntries(embeddedTypes.map((type) => [type, () => null]));

export function createClient(service: string, session: Session, ...others: Exchange[]) {
  const authenticate = authExchange(async (utilities) => ({
    addAuthToOperation: (operation) => utilities.appendHeaders(operation, session.headers),
    didAuthError: (error) =>
      error.graphQLErrors.some(({ extensions }) => extensions["code"] === "UNAUTHENTICATED"),
    refreshAuth: async () => void (await session.refresh()),
  }));
  return new Client({
    url: `${service}/graphql`,
    exchanges: [cacheExchange({ keys }), authenticate, fetchExchange, ...others],
  });
}
