// Ceremonies, platforms and genres: their lists, their pages, and their names.
import { graphql } from "../graphql/generated/index.ts";

export const CEREMONIES = graphql(`
  query Ceremonies($filter: EntityFilter, $first: Int!, $after: String) {
    ceremonies(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        aliases
        movies(first: 1) {
          totalCount
        }
      }
    }
  }
`);

export const PLATFORMS = graphql(`
  query Platforms($filter: EntityFilter, $first: Int!, $after: String) {
    platforms(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        aliases
        movies(first: 1) {
          totalCount
        }
      }
    }
  }
`);

export const GENRE_LIST = graphql(`
  query GenreList($filter: EntityFilter, $first: Int!, $after: String) {
    genres(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        aliases
        movies(first: 1) {
          totalCount
        }
      }
    }
  }
`);

export const MOVIE_PAGE = graphql(`
  fragment MoviePage on MovieConnection {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      id
      title
      year
      media {
        posterUrl
      }
    }
  }
`);

export const CEREMONY = graphql(`
  query Ceremony($id: ID!, $first: Int!, $after: String) {
    ceremony(id: $id) {
      id
      name
      aliases
      externalIds {
        source
        value
      }
      country
      languages
      organization
      movies(first: $first, after: $after) {
        ...MoviePage
      }
    }
  }
`);

export const PLATFORM = graphql(`
  query Platform($id: ID!, $first: Int!, $after: String) {
    platform(id: $id) {
      id
      name
      aliases
      externalIds {
        source
        value
      }
      regions
      homePage
      movies(first: $first, after: $after) {
        ...MoviePage
      }
    }
  }
`);

export const GENRE = graphql(`
  query Genre($id: ID!, $first: Int!, $after: String) {
    genre(id: $id) {
      id
      name
      aliases
      externalIds {
        source
        value
      }
      movies(first: $first, after: $after) {
        ...MoviePage
      }
    }
  }
`);

export const UPDATE_PERSON = graphql(`
  mutation UpdatePerson($input: UpdatePersonInput!) {
    updatePerson(input: $input) {
      person {
        id
        name
        aliases
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const UPDATE_CEREMONY = graphql(`
  mutation UpdateCeremony($input: UpdateCeremonyInput!) {
    updateCeremony(input: $input) {
      ceremony {
        id
        name
        aliases
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const UPDATE_PLATFORM = graphql(`
  mutation UpdatePlatform($input: UpdatePlatformInput!) {
    updatePlatform(input: $input) {
      platform {
        id
        name
        aliases
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const UPDATE_GENRE = graphql(`
  mutation UpdateGenre($input: UpdateGenreInput!) {
    updateGenre(input: $input) {
      genre {
        id
        name
        aliases
      }
      userErrors {
        field
        message
      }
    }
  }
`);
