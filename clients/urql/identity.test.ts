import type { OperationResult } from "@urql/core";
import { testIdentity, type Answer } from "../support/identity.ts";
import { createClient } from "./client.ts";

function answer<Data>({ data, error }: OperationResult<Data>): Answer<Data> {
  return { data, codes: error?.graphQLErrors.map(({ extensions }) => extensions["code"]) ?? [] };
}

testIdentity("urql", (url, session) => {
  const client = createClient(url, session);
  const network = { requestPolicy: "network-only" } as const;
  return {
    query: async (query, variables) => answer(await client.query(query, variables, network)),
    mutate: async (mutation, variables) => answer(await client.mutation(mutation, variables)),
  };
});
