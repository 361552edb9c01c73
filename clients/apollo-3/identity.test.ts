import { ApolloError } from "@apollo/client/core";
import type { ServerError } from "@apollo/client/link/utils";
import type { GraphQLFormattedError } from "graphql";
import { expect } from "vitest";
import { testIdentity, type Answer } from "../support/identity.ts";
import { createClient } from "./client.ts";

interface Result<Data> {
  data?: Data | null | undefined;
}

async function answer<Data>(request: Promise<Result<Data>>): Promise<Answer<Data>> {
  try {
    return { data: (await request).data, codes: [] };
  } catch (error) {
    if (!(error instanceof ApolloError)) throw error;
    return { data: null, codes: errors(error).map(({ extensions }) => extensions?.["code"]) };
  }
}

/** Version 3 leaves the GraphQL errors of an answer 401 in the network error. */
function errors({ graphQLErrors, networkError }: ApolloError): readonly GraphQLFormattedError[] {
  if (networkError === null) return graphQLErrors;
  const { statusCode, result } = networkError as ServerError;
  expect(statusCode).toBe(401);
  return (result as { errors: GraphQLFormattedError[] }).errors;
}

testIdentity("apollo-3", (url, session) => {
  const client = createClient(url, session);
  return {
    query: (query, variables) =>
      answer(client.query({ query, variables, fetchPolicy: "network-only" })),
    mutate: (mutation, variables) => answer(client.mutate({ mutation, variables })),
  };
});
