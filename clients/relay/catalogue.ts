// What components of a front end ask for: fragments that Relay can fetch again by the object's id,
// and pages of connections.
import { graphql } from "relay-runtime";

export const MOVIE = graphql`
  fragment catalogueMovie_movie on Movie @refetchable(queryName: "catalogueMovieQuery") {
    title
    updatedAt
  }
`;

export const REVISIONS = graphql`
  fragment catalogueRevisions_movie on Movie
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 1 }
    after: { type: "String", defaultValue: null }
  )
  @refetchable(queryName: "catalogueRevisionsQuery") {
    revisions(category: TIMELINE, first: $first, after: $after)
      @connection(key: "catalogueRevisions_revisions") {
      edges {
        node {
          number
        }
      }
    }
  }
`;

export const FILMOGRAPHY = graphql`
  fragment catalogueFilmography_person on Person
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 1 }
    after: { type: "String", defaultValue: null }
  )
  @refetchable(queryName: "catalogueFilmographyQuery") {
    filmography(first: $first, after: $after) @connection(key: "catalogueFilmography_filmography") {
      edges {
        node {
          creditId
          movie {
            title
          }
        }
      }
    }
  }
`;

export const DRAFTS = graphql`
  fragment catalogueDrafts_query on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 1 }
    after: { type: "String", defaultValue: null }
  )
  @refetchable(queryName: "catalogueDraftsQuery") {
    drafts(first: $first, after: $after) @connection(key: "catalogueDrafts_drafts") {
      edges {
        node {
          id
          category
        }
      }
    }
  }
`;

export const IMPORTS = graphql`
  fragment catalogueImports_query on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 1 }
    after: { type: "String", defaultValue: null }
  )
  @refetchable(queryName: "catalogueImportsQuery") {
    imports(first: $first, after: $after) @connection(key: "catalogueImports_imports") {
      edges {
        node {
          id
          status
        }
      }
    }
  }
`;
