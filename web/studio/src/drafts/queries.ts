import { graphql } from "../graphql/generated/index.ts";

export const DRAFTS = graphql(`
  query Drafts($first: Int!) {
    drafts(first: $first) {
      totalCount
      pageInfo {
        hasNextPage
      }
      nodes {
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
`);

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
