import { graphql } from "../graphql/generated/index.ts";
import type { DocumentQuery, MovieQuery } from "../graphql/generated/graphql.ts";

export const MOVIE = graphql(`
  query Movie($id: ID!, $withDrafts: Boolean!) {
    movie(id: $id) {
      id
      title
      originalTitle
      year
      basicInfo {
        runtime
        genres
      }
      media {
        posterUrl
      }
      completeness {
        present
      }
      drafts @include(if: $withDrafts) {
        id
        category
        draftRevision
        baseRevision
        updatedAt
        updatedBy
        source
      }
    }
  }
`);

export const DOCUMENT = graphql(`
  query Document($id: ID!, $category: Category!, $stage: Stage!, $withDetails: Boolean!) {
    movieExport(movieId: $id, category: $category, stage: $stage) {
      id
      fileName
      tokenCount
      document
      metadata {
        source
        lastUpdated
        updatedBy
        revision
        draftRevision
      }
      data {
        __typename
        ... on BasicInfo {
          title
          originalTitle
          tagline
          year
          releaseDate
          runtime
          rating
          language
          country
          overview
          budget
          revenue
          status
          genres
          imdbId
          siteScore
          criticsScore
          rottenTomatoesScore
          imdbRating
        }
        ... on CastCrew {
          directors {
            id
            personId
            name
            job
            image
          }
          writers {
            id
            personId
            name
            job
            image
          }
          producers {
            id
            personId
            name
            job
            image
          }
          cast {
            id
            personId
            name
            character
            order
            image
          }
          crew {
            id
            personId
            name
            job
            department
            image
          }
        }
        ... on Timeline {
          events {
            id
            date
            title
            description
            category
            sourceUrl
          }
        }
        ... on Trivia {
          items {
            id
            text
            question
            answer
            explanation
            category
            spoiler
            sourceUrl
          }
        }
        ... on Awards {
          awards {
            id
            ceremony
            year
            category
            nominee
            result
            notes
          }
        }
        ... on Media {
          posterUrl
          backdropUrl
          trailerUrl
          gallery {
            id
            url
            kind
            caption
            language
          }
        }
        ... on Streaming {
          streamingOptions {
            id
            platform
            region
            type
            price
            currency
            quality
            url
            verified
          }
        }
      }
    }
    movie(id: $id) @include(if: $withDetails) {
      id
      provenance(category: $category) {
        target
        path
        label
        source
        updatedAt
        updatedBy
        revision
      }
      locks {
        id
        category
        target
      }
    }
  }
`);

export type MovieHeader = NonNullable<MovieQuery["movie"]>;
export type MovieDocument = NonNullable<DocumentQuery["movieExport"]>;
export type CategoryData = MovieDocument["data"];
export type DataOf<Name extends CategoryData["__typename"]> = Extract<
  CategoryData,
  { __typename: Name }
>;
