// A query that is watched, and mutations whose payloads answer the object that they changed in the
// same form. A client that normalises needs no other request to show the new state.
import { graphql } from "../generated/index.ts";

export const EXPORT_STATE = graphql(`
  fragment ExportState on MovieExport {
    id
    metadata {
      revision
      source
      updatedBy
    }
    data {
      __typename
      ... on Timeline {
        events {
          id
          date
          title
          description
        }
      }
    }
  }
`);

export const WATCHED_EXPORT = graphql(`
  query WatchedExport($movieId: ID!) {
    movieExport(movieId: $movieId, category: TIMELINE) {
      ...ExportState
    }
  }
`);

export const IMPORT = graphql(`
  mutation Import($input: ImportCategoryInput!) {
    importCategory(input: $input) {
      status
      movieExport {
        ...ExportState
      }
      userErrors {
        code
      }
    }
  }
`);

export const IMPORT_TEXT = graphql(`
  mutation ImportText($input: ImportDocumentInput!) {
    importDocument(input: $input) {
      status
      movieExport {
        ...ExportState
      }
      userErrors {
        code
      }
    }
  }
`);

export const PUBLISH = graphql(`
  mutation Publish($input: PublishDraftInput!) {
    publishDraft(input: $input) {
      status
      movieExport {
        ...ExportState
      }
      userErrors {
        code
      }
    }
  }
`);

export const REVERT = graphql(`
  mutation Revert($input: RevertCategoryInput!) {
    revertCategory(input: $input) {
      status
      movieExport {
        ...ExportState
      }
      userErrors {
        code
      }
    }
  }
`);
