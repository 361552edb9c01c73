// The operations of the programs for Apollo Client, urql and graphql-request.
import { graphql } from "../generated/index.ts";

export const EXPORT_TIMELINE = graphql(`
  query ExportTimeline($movieId: ID!) {
    movieExport(movieId: $movieId, category: TIMELINE) {
      id
      fileName
      metadata {
        revision
      }
      data {
        __typename
        ... on Timeline {
          __typename
          events {
            id
            date
            title
          }
        }
      }
    }
  }
`);

export const IMPORT_CATEGORY = graphql(`
  mutation ImportCategory($input: ImportCategoryInput!) {
    importCategory(input: $input) {
      status
      plan {
        digest
        changes {
          path
          op
          before
          after
        }
        conflicts {
          path
          base
          current
          imported
        }
      }
      movieExport {
        id
        metadata {
          revision
        }
      }
      userErrors {
        path
        code
        message
      }
    }
  }
`);

export const VIEWER = graphql(`
  query Viewer {
    viewer {
      id
      email
      role
    }
  }
`);

export const MOVIES = graphql(`
  query Movies($first: Int, $after: String, $filter: MovieFilter) {
    movies(first: $first, after: $after, filter: $filter) {
      totalCount
      nodes {
        id
        title
        basicInfo {
          releaseDate
          revenue
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
