import { Environment, type GraphQLResponse, Network, RecordSource, Store } from "relay-runtime";
import type { Session } from "../session/session.ts";

export function createEnvironment(service: string, session: Session) {
  const send = (query: string | null | undefined, variables: object) =>
    fetch(`${service}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ query, variables }),
    });
  const network = Network.create(async ({ text }, variables) => {
    let response = await send(text, variables);
    if (response.status === 401 && (await session.refresh()))
      response = await send(text, variables);
    return (await response.json()) as GraphQLResponse;
  });
  return new Environment({ network, store: new Store(new RecordSource()) });
}
