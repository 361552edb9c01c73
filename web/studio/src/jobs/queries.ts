import { graphql } from "../graphql/generated/index.ts";
import type { JobPartsFragment, JobQuery } from "../graphql/generated/graphql.ts";

export const JOB_PARTS = graphql(`
  fragment JobParts on Job {
    id
    kind
    state
    options
    author
    createdAt
    startedAt
    finishedAt
    isCancelRequested
    total
    done
    counts {
      published
      drafted
      unchanged
      planned
      conflict
      rejected
      skipped
      discarded
    }
    fileName
    fileSize
    filePosition
    rate
    remainingSeconds
    attempts
    error
    retryOf {
      id
    }
  }
`);

export const JOBS = graphql(`
  query Jobs($filter: JobFilter, $first: Int!, $after: String) {
    jobs(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        ...JobParts
      }
    }
  }
`);

export const JOB_PROGRESS = graphql(`
  subscription JobProgress($id: ID!) {
    job(id: $id) {
      ...JobParts
    }
  }
`);

/** The latest documents of a job that were not imported, and what else its own page has. */
export const FAILURES = graphql(`
  fragment JobFailures on Job {
    skippedEntryCount
    skippedEntries
    outcomes(outcomes: $outcomes, last: $last) {
      totalCount
      nodes {
        number
        entry
        line
        index
        movieId
        category
        outcome
        userErrors {
          path
          code
          message
        }
        omittedErrors
        warnings {
          path
          message
        }
        omittedWarnings
      }
    }
  }
`);

export const JOB = graphql(`
  query Job($id: ID!, $outcomes: [JobOutcome!]!, $last: Int!) {
    job(id: $id) {
      ...JobParts
      ...JobFailures
    }
  }
`);

export const JOB_EVENTS = graphql(`
  subscription JobEvents($id: ID!, $outcomes: [JobOutcome!]!, $last: Int!) {
    job(id: $id) {
      ...JobParts
      ...JobFailures
    }
  }
`);

export const CANCEL_JOB = graphql(`
  mutation CancelJob($input: CancelJobInput!) {
    cancelJob(input: $input) {
      job {
        ...JobParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

/** The link is valid for 5 minutes, so it is made when it is needed. */
export const JOB_FILE = graphql(`
  query JobFile($id: ID!) {
    job(id: $id) {
      id
      fileUrl
    }
  }
`);

export const RETRY_JOB = graphql(`
  mutation RetryJob($input: RetryJobInput!) {
    retryJob(input: $input) {
      job {
        ...JobParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const REVERT_JOB = graphql(`
  mutation RevertJob($input: RevertJobInput!) {
    revertJob(input: $input) {
      job {
        ...JobParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const EXECUTE_JOB = graphql(`
  mutation ExecuteJob($input: ExecuteJobInput!) {
    executeJob(input: $input) {
      job {
        ...JobParts
      }
      userErrors {
        field
        message
      }
    }
  }
`);

/** The movies that failures name, which may not exist. */
export const NAMED_MOVIES = graphql(`
  query NamedMovies($ids: [ID!]!) {
    nodes(ids: $ids) {
      ... on Movie {
        id
        title
      }
    }
  }
`);

export type JobRow = JobPartsFragment;
export type JobDetails = NonNullable<JobQuery["job"]>;
export type JobFailure = JobDetails["outcomes"]["nodes"][number];
