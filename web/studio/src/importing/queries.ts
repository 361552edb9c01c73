import { graphql } from "../graphql/generated/index.ts";

export const IMPORT = graphql(`
  mutation ImportDocument($input: ImportDocumentInput!) {
    importDocument(input: $input) {
      status
      repairHint
      plan {
        ...PlanParts
      }
      movie {
        id
        title
        completeness {
          present
          missing
        }
      }
      movieExport {
        id
        category
        document
        metadata {
          source
          lastUpdated
          updatedBy
          revision
          draftRevision
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

export const MOVIE_TITLE = graphql(`
  query MovieTitle($id: ID!) {
    movie(id: $id) {
      id
      title
      year
    }
  }
`);
