import { graphql } from "../graphql/generated/index.ts";

export const REVISIONS = graphql(`
  query Revisions($id: ID!, $category: Category!, $first: Int!) {
    movie(id: $id) {
      id
      revisions(category: $category, first: $first) {
        pageInfo {
          hasNextPage
        }
        nodes {
          id
          number
          source
          updatedAt
          updatedBy
        }
      }
    }
  }
`);

export const COMPARE = graphql(`
  query Compare($id: ID!, $category: Category!, $from: Int!, $to: Int!) {
    movie(id: $id) {
      id
      revisionDiff(category: $category, fromRevision: $from, toRevision: $to) {
        fromRevision
        toRevision
        changes {
          path
          op
          label
          before
          after
        }
      }
    }
  }
`);

export const REVERT = graphql(`
  mutation Revert($input: RevertCategoryInput!) {
    revertCategory(input: $input) {
      status
      plan {
        digest
        changes {
          path
        }
      }
      movieExport {
        id
        metadata {
          revision
        }
      }
      movie {
        id
        updatedAt
      }
      userErrors {
        code
        message
      }
    }
  }
`);
