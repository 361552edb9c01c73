// What the address of the jobs says: which of them are listed.
import type { JobFilter, JobState } from "../graphql/generated/graphql.ts";

export const JOB_STATES = [
  "QUEUED",
  "RUNNING",
  "COMPLETED",
  "CANCELED",
  "FAILED",
] as const satisfies readonly JobState[];

export interface JobsSearch {
  state?: JobState;
}

export function readJobsSearch(raw: Record<string, unknown>): JobsSearch {
  const state = JOB_STATES.find((each) => each === raw["state"]);
  return state === undefined ? {} : { state };
}

export const filterOf = ({ state }: JobsSearch): JobFilter =>
  state === undefined ? {} : { states: [state] };
