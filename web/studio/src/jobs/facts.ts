// What follows from the fields of a job.
import type { JobOutcome } from "../graphql/generated/graphql.ts";
import type { JobRow } from "./queries.ts";

/** The outcomes in the order in which they are listed, with their fields in the counts. */
const COUNTS = [
  ["PUBLISHED", "published"],
  ["DISCARDED", "discarded"],
  ["DRAFTED", "drafted"],
  ["UNCHANGED", "unchanged"],
  ["PLANNED", "planned"],
  ["CONFLICT", "conflict"],
  ["REJECTED", "rejected"],
  ["SKIPPED", "skipped"],
] as const satisfies readonly (readonly [JobOutcome, keyof JobRow["counts"]])[];

/** The id as in addresses: without the name of its type. */
export const keyOf = (id: string) => id.replace(/^job:/, "");

/** Nothing of a finished job changes any more. */
export const isFinished = ({ state }: Pick<JobRow, "state">) =>
  state === "COMPLETED" || state === "CANCELED" || state === "FAILED";

/** The outcomes that documents of the job have, with their numbers. */
export const outcomesOf = ({ counts }: JobRow): [JobOutcome, number][] =>
  COUNTS.map(([outcome, field]): [JobOutcome, number] => [outcome, counts[field]]).filter(
    ([, number]) => number > 0,
  );

/** The documents of a job that publishes or discards drafts are the drafts. */
export const isOfDrafts = ({ kind }: Pick<JobRow, "kind">) =>
  kind === "PUBLISH_DRAFTS" || kind === "DISCARD_DRAFTS";

/** Only a job that imports a file has documents that can be sent again. */
export const isImport = ({ kind }: Pick<JobRow, "kind">) => kind === "IMPORT";

/** An export makes a file, and its documents have no outcomes. */
export const isExport = ({ kind }: Pick<JobRow, "kind">) => kind === "EXPORT";

/**
 * The outcomes that are listed one by one. Drafts are skipped for a reason; documents of a file only
 * because the job was canceled.
 */
export const listedOutcomes = (job: Pick<JobRow, "kind">): JobOutcome[] =>
  isOfDrafts(job) ? ["CONFLICT", "REJECTED", "SKIPPED"] : ["CONFLICT", "REJECTED"];

export const failuresOf = ({ counts }: JobRow) => counts.conflict + counts.rejected;

/** How many documents have no outcome although the job has ended; null if it is not known. */
export function notAttempted(job: JobRow): number | null {
  if (!isFinished(job)) return 0;
  if (job.total === null) return job.state === "FAILED" ? null : 0;
  return Math.max(0, job.total - job.done);
}

/**
 * Whether a retry has documents to try: those that failed, were skipped or not attempted. Drafts
 * that a job left open and documents that were not reverted are settled one by one, so only a job
 * of them that ended early is worth a retry.
 */
export function canRetry(job: JobRow): boolean {
  if (!isFinished(job) || isExport(job)) return false;
  if (!isImport(job) && job.state === "COMPLETED") return false;
  return failuresOf(job) + job.counts.skipped > 0 || notAttempted(job) !== 0;
}

/** Whether the job is a dry run that planned something. */
export const canExecute = (job: JobRow): boolean =>
  job.state === "COMPLETED" && optionsOf(job).isDryRun && job.counts.planned > 0;

/** Whether the job published something that can be reverted. */
export const canRevert = (job: JobRow): boolean => isFinished(job) && job.counts.published > 0;

/** How far the job is, from 0 to 1; null if it is not known. */
export function fractionOf(job: JobRow): number | null {
  const { total, done, fileSize, filePosition } = job;
  if (total !== null && total > 0) return Math.min(1, done / total);
  if (fileSize !== null && fileSize > 0) return Math.min(1, filePosition / fileSize);
  return null;
}

interface Options {
  isDryRun: boolean;
  /** Of a job that publishes drafts: only those that add values and items. */
  isOnlyAdditions: boolean;
  /** Why drafts were discarded. */
  reason: string | null;
  isDraft: boolean;
  isReplace: boolean;
  source: string | null;
}

/** The options that matter to a reader, as far as the job names them. */
export function optionsOf({ options }: JobRow): Options {
  const { dry_run, target, mode, source, only_additions, reason } = (options ?? {}) as Record<
    string,
    unknown
  >;
  return {
    isDryRun: dry_run === true,
    isOnlyAdditions: only_additions === true,
    reason: typeof reason === "string" ? reason : null,
    isDraft: target === "draft",
    isReplace: mode === "replace",
    source: typeof source === "string" ? source : null,
  };
}

/** Of two readings of a job, the later one. */
export function later(one: JobRow, other: JobRow | undefined): JobRow {
  if (other === undefined || isFinished(one)) return one;
  return isFinished(other) || other.done >= one.done ? other : one;
}
