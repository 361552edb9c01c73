import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./generated/graphql-env.d.ts";

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    BigInt: number;
    Date: string;
    DateTime: string;
    ID: string;
    JSON: unknown;
    PartialDate: string;
    URL: string;
  };
}>();
