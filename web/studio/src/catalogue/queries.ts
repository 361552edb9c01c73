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
    catalogStatistics {
      movies
      categories {
        category
        empty
      }
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
