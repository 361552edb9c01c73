import { ClientError } from "graphql-request";
import { testIdentity, type Answer } from "../support/identity.ts";
import { createClient } from "./client.ts";

async function answer<Data>(request: Promise<Data>): Promise<Answer<Data>> {
  try {
    return { data: await request, codes: [] };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const codes = error.response.errors?.map(({ extensions }) => extensions?.["code"]);
    return { data: null, codes: codes ?? [] };
  }
}

testIdentity("graphql-request", (url, session) => {
  const execute = createClient(url, session);
  return {
    query: (query, variables) => answer(execute(query, variables)),
    mutate: (mutation, variables) => answer(execute(mutation, variables)),
  };
});
