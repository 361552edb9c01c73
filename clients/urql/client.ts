import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import type { Session } from "../session/session.ts";

export function createClient(service: string, session: Session) {
  const authenticate = authExchange(async (utilities) => ({
    addAuthToOperation: (operation) => utilities.appendHeaders(operation, session.headers),
    didAuthError: (error) =>
      error.graphQLErrors.some(({ extensions }) => extensions["code"] === "UNAUTHENTICATED"),
    refreshAuth: async () => void (await session.refresh()),
  }));
  return new Client({
    url: `${service}/graphql`,
    exchanges: [cacheExchange, authenticate, fetchExchange],
  });
}
