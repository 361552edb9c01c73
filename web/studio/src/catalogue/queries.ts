import { graphql } from "../graphql/generated/index.ts";
import type { CatalogueQuery } from "../graphql/generated/graphql.ts";

export const CATALOGUE = graphql(`
  query Catalogue(
    $filter: MovieFilter
    $order: MovieOrder
    $first: Int!
    $after: String
    $withDrafts: Boolean!
  ) {
    movies(filter: $filter, orderBy: $order, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        title
        originalTitle
        year
        updatedAt
        completeness {
          present
        }
        basicInfo {
          runtime
        }
        media {
          posterUrl
        }
        exports {
          id
          category
          metadata {
            source
            lastUpdated
            updatedBy
          }
        }
        drafts @include(if: $withDrafts) {
          id
          category
        }
      }
    }
  }
`);

export type MovieRow = CatalogueQuery["movies"]["nodes"][number];

/** How many movies lack each category. */
export const STATISTICS = graphql(`
  query Statistics {
    all: movies(first: 1) {
      totalCount
    }
    BASIC_INFO: movies(first: 1, filter: { missing: [BASIC_INFO] }) {
      totalCount
    }
    CAST_CREW: movies(first: 1, filter: { missing: [CAST_CREW] }) {
      totalCount
    }
    TIMELINE: movies(first: 1, filter: { missing: [TIMELINE] }) {
      totalCount
    }
    TRIVIA: movies(first: 1, filter: { missing: [TRIVIA] }) {
      totalCount
    }
    AWARDS: movies(first: 1, filter: { missing: [AWARDS] }) {
      totalCount
    }
    MEDIA: movies(first: 1, filter: { missing: [MEDIA] }) {
      totalCount
    }
    STREAMING: movies(first: 1, filter: { missing: [STREAMING] }) {
      totalCount
    }
  }
`);

export const GENRES = graphql(`
  query Genres {
    genres(first: 100) {
      nodes {
        id
        name
      }
    }
  }
`);

export const CREATE_MOVIE = graphql(`
  mutation CreateMovie($input: CreateMovieInput!) {
    createMovie(input: $input) {
      movie {
        id
        title
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`);
