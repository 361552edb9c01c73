import { CombinedGraphQLErrors } from "@apollo/client";
import { testIdentity, type Answer } from "../support/identity.ts";
import { createClient } from "./client.ts";

async function answer<Data>(request: Promise<{ data?: Data | undefined }>): Promise<Answer<Data>> {
  try {
    return { data: (await request).data, codes: [] };
  } catch (error) {
    if (!CombinedGraphQLErrors.is(error)) throw error;
    return { data: null, codes: error.errors.map(({ extensions }) => extensions?.["code"]) };
  }
}

testIdentity("apollo", (url, session) => {
  const client = createClient(url, session);
  return {
    query: (query, variables) =>
      answer(client.query({ query, variables, fetchPolicy: "network-only" })),
    mutate: (mutation, variables) => answer(client.mutate({ mutation, variables })),
  };
});
