// A query of everything that mutations change of a movie, and the mutations, which answer the movie
// in the same form. A client that normalises needs no other request to show the new state.
import { graphql } from "../generated/index.ts";

export const MOVIE_STATE = graphql(`
  fragment MovieState on Movie {
    id
    title
    year
    updatedAt
    completeness {
      present
      missing
    }
    basicInfo {
      title
      overview
    }
    timeline {
      events {
        id
        date
        title
        description
      }
    }
    castCrew {
      directors {
        id
        name
        person {
          id
          name
        }
      }
    }
    exports {
      id
      metadata {
        revision
        source
      }
    }
    drafts {
      id
      draftRevision
    }
    locks {
      id
      target
    }
    revisions(category: TIMELINE) {
      nodes {
        id
        number
      }
    }
  }
`);

export const WATCHED_MOVIE = graphql(`
  query WatchedMovie($id: ID!) {
    movie(id: $id) {
      ...MovieState
    }
  }
`);

export const IMPORT_MOVIE = graphql(`
  mutation ImportMovie($input: ImportCategoryInput!) {
    importCategory(input: $input) {
      status
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const IMPORT_MOVIE_TEXT = graphql(`
  mutation ImportTextMovie($input: ImportDocumentInput!) {
    importDocument(input: $input) {
      status
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const PUBLISH_MOVIE = graphql(`
  mutation PublishMovie($input: PublishDraftInput!) {
    publishDraft(input: $input) {
      status
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const DISCARD = graphql(`
  mutation Discard($input: DiscardDraftInput!) {
    discardDraft(input: $input) {
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const REVERT_MOVIE = graphql(`
  mutation RevertMovie($input: RevertCategoryInput!) {
    revertCategory(input: $input) {
      status
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const LOCK = graphql(`
  mutation Lock($input: LockFieldsInput!) {
    lockFields(input: $input) {
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const UNLOCK = graphql(`
  mutation Unlock($input: UnlockFieldsInput!) {
    unlockFields(input: $input) {
      movie {
        ...MovieState
      }
      userErrors {
        code
      }
    }
  }
`);

export const RENAME = graphql(`
  mutation Rename($input: UpdatePersonInput!) {
    updatePerson(input: $input) {
      person {
        id
        name
      }
      userErrors {
        code
      }
    }
  }
`);

export const MERGE = graphql(`
  mutation Merge($input: MergePeopleInput!) {
    mergePeople(input: $input) {
      deletedPersonIds
      movies(first: 10) {
        nodes {
          ...MovieState
        }
      }
      userErrors {
        code
      }
    }
  }
`);
