import { graphql } from "../graphql/generated/index.ts";

/** The numbers beside the names of pages. */
export const COUNTS = graphql(`
  query Counts($withDrafts: Boolean!) {
    movies(first: 1) {
      totalCount
    }
    drafts(first: 1) @include(if: $withDrafts) {
      totalCount
    }
  }
`);
