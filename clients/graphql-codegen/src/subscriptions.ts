// The change feed: where it ends, what comes after a cursor, and what happens to drafts.
import { graphql } from "../generated/index.ts";

export const LAST_CHANGE = graphql(`
  query LastChange {
    changes(last: 1) {
      nodes {
        id
        cursor
      }
    }
  }
`);

export const CHANGES = graphql(`
  subscription Changes($after: String) {
    changes(after: $after) {
      id
      cursor
      kind
      movieId
      category
      revision
      movieExport {
        ...ExportState
      }
    }
  }
`);

export const DRAFT_EVENTS = graphql(`
  subscription DraftEvents {
    drafts {
      id
      kind
      movieId
      category
      draft {
        id
        updatedBy
      }
    }
  }
`);
