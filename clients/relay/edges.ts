// Mutations that change the lists on a page by directives, without another request.
import { graphql } from "relay-runtime";

export const OPEN_DRAFT = graphql`
  mutation edgesOpenDraftMutation($input: ImportCategoryInput!, $connections: [ID!]!) {
    importCategory(input: $input) {
      draftEdge @appendEdge(connections: $connections) {
        node {
          id
          category
        }
      }
      userErrors {
        code
      }
    }
  }
`;

export const DISCARD_DRAFT = graphql`
  mutation edgesDiscardDraftMutation($input: DiscardDraftInput!, $connections: [ID!]!) {
    discardDraft(input: $input) {
      deletedDraftId @deleteEdge(connections: $connections)
      userErrors {
        code
      }
    }
  }
`;

export const PUBLISH = graphql`
  mutation edgesPublishMutation($input: ImportCategoryInput!, $connections: [ID!]!) {
    importCategory(input: $input) {
      revisionEdge @prependEdge(connections: $connections) {
        node {
          number
        }
      }
      userErrors {
        code
      }
    }
  }
`;
