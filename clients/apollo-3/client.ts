import { ApolloClient, ApolloLink, fromError, fromPromise, HttpLink } from "@apollo/client/core";
import { setContext } from "@apollo/client/link/context";
import { onError } from "@apollo/client/link/error";
import type { Session } from "../session/session.ts";
import { createCache } from "./cache.ts";

export function createClient(service: string, session: Session) {
  const authenticate = setContext((_request, { headers }) => ({
    headers: { ...headers, ...session.headers },
  }));
  // Version 3 reports the answer 401 as a network error, whose GraphQL errors it passes on here.
  const renew = onError(({ graphQLErrors = [], networkError, operation, forward }) => {
    const isExpired = graphQLErrors.some((each) => each.extensions?.["code"] === "UNAUTHENTICATED");
    if (!networkError || !isExpired || operation.getContext()["isRepeated"]) return;
    operation.setContext({ isRepeated: true });
    return fromPromise(session.refresh()).flatMap((renewed) =>
      renewed ? forward(operation) : fromError(networkError),
    );
  });
  const http = new HttpLink({ uri: `${service}/graphql` });
  const link = ApolloLink.from([renew, authenticate, http]);
  return new ApolloClient({ link, cache: createCache() });
}
