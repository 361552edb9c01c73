import { graphql } from "../graphql/generated/index.ts";
import type { ChangePartsFragment } from "../graphql/generated/graphql.ts";

export const CHANGE_PARTS = graphql(`
  fragment ChangeParts on Change {
    id
    cursor
    kind
    movieId
    category
    revision
    source
    updatedAt
    updatedBy
    movie {
      id
      title
      year
      media {
        posterUrl
      }
    }
  }
`);

/** The end of the feed, and where it ended then: changes after that are followed. */
export const CHANGES = graphql(`
  query Changes($filter: ChangeFilter, $last: Int!, $before: String) {
    changes(filter: $filter, last: $last, before: $before) {
      pageInfo {
        hasPreviousPage
        startCursor
      }
      nodes {
        ...ChangeParts
      }
    }
    tail: changes(last: 1) {
      pageInfo {
        endCursor
      }
    }
  }
`);

export const CHANGE_FEED = graphql(`
  subscription ChangeFeed($filter: ChangeFilter, $after: String) {
    changes(filter: $filter, after: $after) {
      ...ChangeParts
    }
  }
`);

export type Change = ChangePartsFragment;
