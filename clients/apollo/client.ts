import { ApolloClient, ApolloLink, HttpLink } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import type { Session } from "../session/session.ts";
import { createCache } from "./cache.ts";
import { renewal } from "./renewal.ts";

export function createClient(service: string, session: Session) {
  const authenticate = new SetContextLink(({ headers }) => ({
    headers: { ...headers, ...session.headers },
  }));
  const http = new HttpLink({ uri: `${service}/graphql` });
  const link = ApolloLink.from([renewal(session), authenticate, http]);
  return new ApolloClient({ link, cache: createCache() });
}
