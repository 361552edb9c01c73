import { graphql } from "../graphql/generated/index.ts";
import type {
  FilmographyQuery,
  NominationsQuery,
  PersonPartsFragment,
  PersonRowFragment,
} from "../graphql/generated/graphql.ts";

export const PERSON_ROW = graphql(`
  fragment PersonRow on Person {
    id
    name
    aliases
    knownFor {
      id
      title
      year
    }
    totals {
      movies
      credits
      nominations
      wins
    }
  }
`);

export const PEOPLE = graphql(`
  query People($search: String!, $first: Int!, $after: String) {
    people(filter: { search: $search }, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        ...PersonRow
      }
    }
  }
`);

export const DUPLICATES = graphql(`
  query Duplicates($first: Int!, $after: String) {
    duplicatePeople(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        first {
          ...PersonRow
        }
        second {
          ...PersonRow
        }
        score
        reasons
      }
    }
  }
`);

export const PERSON_PARTS = graphql(`
  fragment PersonParts on Person {
    ...PersonRow
    externalIds {
      source
      value
    }
  }
`);

export const PERSON = graphql(`
  query Person($id: ID!) {
    person(id: $id) {
      ...PersonParts
    }
  }
`);

export const FILMOGRAPHY = graphql(`
  query Filmography($id: ID!, $first: Int!, $after: String) {
    person(id: $id) {
      id
      filmography(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          creditId
          list
          character
          job
          department
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
  }
`);

export const NOMINATIONS = graphql(`
  query Nominations($id: ID!, $first: Int!, $after: String) {
    person(id: $id) {
      id
      nominations(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          nominationId
          year
          category
          result
          ceremony {
            id
            name
          }
          movie {
            id
            title
          }
        }
      }
    }
  }
`);

export const MERGE = graphql(`
  mutation MergePeople($input: MergePeopleInput!) {
    mergePeople(input: $input) {
      person {
        ...PersonParts
      }
      documents {
        movieId
        category
        movie {
          id
          title
        }
        changes {
          label
        }
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export const SPLIT = graphql(`
  mutation SplitPerson($input: SplitPersonInput!) {
    splitPerson(input: $input) {
      person {
        ...PersonParts
      }
      other {
        ...PersonParts
      }
      documents {
        movieId
        category
        movie {
          id
          title
        }
        changes {
          label
        }
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

export type PersonRow = PersonRowFragment;
export type Person = PersonPartsFragment;
export type Credit = NonNullable<FilmographyQuery["person"]>["filmography"]["nodes"][number];
export type Nomination = NonNullable<NominationsQuery["person"]>["nominations"]["nodes"][number];

export const filmographyOf = (data: FilmographyQuery) => data.person?.filmography ?? null;
export const nominationsOf = (data: NominationsQuery) => data.person?.nominations ?? null;
