import { graphql } from "../graphql/generated/index.ts";
import type { DraftsQuery, NeighboursQuery } from "../graphql/generated/graphql.ts";

export const DRAFTS = graphql(`
  query Drafts($filter: DraftFilter, $first: Int!, $after: String) {
    drafts(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        cursor
        node {
          id
          category
          draftRevision
          baseRevision
          updatedAt
          updatedBy
          source
          movie {
            id
            title
            year
            media {
              posterUrl
            }
          }
        }
      }
    }
    newest: drafts(filter: $filter, last: 1) {
      nodes {
        id
        updatedAt
      }
    }
  }
`);

/** A page of the queue. Each draft has the cursor by which the next one is found. */
export function draftsOf({ drafts, newest }: DraftsQuery) {
  if (drafts === null) return null;
  const { edges, totalCount, pageInfo } = drafts;
  const nodes = edges.map(({ cursor, node }) => ({ ...node, cursor }));
  return { nodes, totalCount, pageInfo, newest: newest?.nodes[0]?.updatedAt };
}

export type DraftRow = NonNullable<ReturnType<typeof draftsOf>>["nodes"][number];

export const DRAFT_COUNTS = graphql(`
  query DraftCounts {
    catalogStatistics {
      drafts {
        categories {
          category
          total
        }
      }
    }
  }
`);

export const DRAFT_EVENTS = graphql(`
  subscription DraftEvents($filter: DraftFilter) {
    drafts(filter: $filter) {
      id
    }
  }
`);

/** The drafts before and after a place in the queue. */
export const NEIGHBOURS = graphql(`
  query Neighbours($filter: DraftFilter, $at: String, $withPrevious: Boolean!) {
    next: drafts(filter: $filter, first: 1, after: $at) {
      totalCount
      edges {
        cursor
        node {
          id
          category
          movie {
            id
          }
        }
      }
    }
    previous: drafts(filter: $filter, last: 1, before: $at) @include(if: $withPrevious) {
      edges {
        cursor
        node {
          id
          category
          movie {
            id
          }
        }
      }
    }
  }
`);

export type Neighbour = NonNullable<NeighboursQuery["next"]>["edges"][number];

export const SELECTED_DRAFTS = graphql(`
  query SelectedDrafts($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Draft {
        id
        draftRevision
        updatedAt
        updatedBy
        source
      }
    }
  }
`);

export const PUBLISH_DRAFTS = graphql(`
  mutation PublishDrafts($input: PublishDraftsInput!) {
    publishDrafts(input: $input) {
      job {
        id
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const DISCARD_DRAFTS = graphql(`
  mutation DiscardDrafts($input: DiscardDraftsInput!) {
    discardDrafts(input: $input) {
      job {
        id
      }
      userErrors {
        field
        message
      }
    }
  }
`);

/** The longest reason that the service takes. */
export const MAX_REASON = 1_000;

export const PUBLISH_DRAFT = graphql(`
  mutation PublishDraft($input: PublishDraftInput!) {
    publishDraft(input: $input) {
      status
      plan {
        ...PlanParts
      }
      movieExport {
        id
        metadata {
          revision
        }
      }
      movie {
        id
        completeness {
          present
          missing
        }
      }
      deletedDraftId
      userErrors {
        path
        code
        message
      }
    }
  }
`);

export const DISCARD_DRAFT = graphql(`
  mutation DiscardDraft($input: DiscardDraftInput!) {
    discardDraft(input: $input) {
      deletedDraftId
      userErrors {
        code
        message
      }
    }
  }
`);

/** The last draft that was discarded since a moment, with the reason. */
export const LAST_DISCARD = graphql(`
  query LastDiscard($id: ID!, $category: Category!, $since: DateTime) {
    imports(
      first: 1
      filter: {
        movieId: $id
        category: $category
        operation: DISCARD
        status: UNCHANGED
        since: $since
      }
    ) {
      nodes {
        id
        author
        createdAt
        reason
      }
    }
  }
`);
