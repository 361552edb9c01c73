import { graphql } from "../graphql/generated/index.ts";
import type { AccountPartsFragment, AccountsQuery } from "../graphql/generated/graphql.ts";

export const ACCOUNTS = graphql(`
  query Accounts($filter: UserFilter, $first: Int!, $after: String) {
    users(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        email
        name
        role
        isDisabled
        createdAt
      }
    }
  }
`);

export const ACCOUNT_PARTS = graphql(`
  fragment AccountParts on User {
    id
    email
    name
    role
    isDisabled
    createdAt
    sessions(first: 100) {
      totalCount
      nodes {
        id
        client
        address
        createdAt
        lastRefreshedAt
        isCurrent
      }
    }
    tokens(first: 100) {
      totalCount
      nodes {
        id
        name
        role
        source
        categories
        mayPublish
        createdAt
        expiresAt
        lastUsedAt
      }
    }
  }
`);

export const ACCOUNT = graphql(`
  query Account($id: ID!) {
    user(id: $id) {
      ...AccountParts
    }
  }
`);

export const OWN_ACCOUNT = graphql(`
  query OwnAccount {
    viewer {
      ...AccountParts
    }
  }
`);

export const CREATE_ACCOUNT = graphql(`
  mutation CreateAccount($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
        email
        name
        role
        isDisabled
        createdAt
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const UPDATE_ACCOUNT = graphql(`
  mutation UpdateAccount($input: UpdateUserInput!) {
    updateUser(input: $input) {
      user {
        ...AccountParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const SET_PASSWORD = graphql(`
  mutation SetPassword($input: SetPasswordInput!) {
    setPassword(input: $input) {
      user {
        ...AccountParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const CREATE_PASSWORD_LINK = graphql(`
  mutation CreatePasswordLink($input: CreatePasswordLinkInput!) {
    createPasswordLink(input: $input) {
      secret
      expiresAt
      userErrors {
        field
        message
      }
    }
  }
`);

export const DELETE_ACCOUNT = graphql(`
  mutation DeleteAccount($input: DeleteUserInput!) {
    deleteUser(input: $input) {
      deletedUserId
      userErrors {
        field
        message
      }
    }
  }
`);

export const END_SESSION = graphql(`
  mutation EndSession($input: LogoutInput!) {
    logout(input: $input) {
      userErrors {
        field
        message
      }
    }
  }
`);

export const END_OTHER_SESSIONS = graphql(`
  mutation EndOtherSessions {
    logoutEverywhere(input: { keepCurrent: true }) {
      endedSessions
      userErrors {
        field
        message
      }
    }
  }
`);

export const CREATE_TOKEN = graphql(`
  mutation CreateToken($input: CreateTokenInput!) {
    createToken(input: $input) {
      secret
      token {
        id
        name
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const REVOKE_TOKEN = graphql(`
  mutation RevokeToken($input: RevokeTokenInput!) {
    revokeToken(input: $input) {
      revokedTokenId
      userErrors {
        field
        message
      }
    }
  }
`);

export type Account = AccountPartsFragment;
export type AccountRow = NonNullable<AccountsQuery["users"]>["nodes"][number];
