// The texts about jobs.
import type { JobKind, JobOutcome, JobState } from "../../graphql/generated/graphql.ts";
import { count, plural } from "../plural.ts";

const kinds: Record<JobKind, string> = {
  IMPORT: "Import",
  PUBLISH_DRAFTS: "Publish drafts",
  DISCARD_DRAFTS: "Discard drafts",
  REVERT: "Revert a job",
  EXPORT: "Export",
};

const states: Record<JobState, string> = {
  QUEUED: "Queued",
  RUNNING: "Running",
  COMPLETED: "Completed",
  CANCELED: "Canceled",
  FAILED: "Failed",
};

const outcomes: Record<JobOutcome, string> = {
  PUBLISHED: "Published",
  DRAFTED: "Drafted",
  UNCHANGED: "Unchanged",
  PLANNED: "Planned",
  CONFLICT: "Conflict",
  REJECTED: "Rejected",
  SKIPPED: "Skipped",
  DISCARDED: "Discarded",
};

const outcomeNotes: Record<JobOutcome, string> = {
  PUBLISHED: "a new revision",
  DRAFTED: "added to a draft",
  UNCHANGED: "in the catalogue already",
  PLANNED: "would be imported; nothing was written",
  CONFLICT: "not imported: another writer changed the same value",
  REJECTED: "not imported because of other errors",
  SKIPPED: "not attempted",
  DISCARDED: "",
};

/** Of a job that reverts another one. */
const revertNotes: Record<JobOutcome, string> = {
  ...outcomeNotes,
  PUBLISHED: "as before the job again, as a new revision",
  UNCHANGED: "as before the job already",
  PLANNED: "would be as before the job again; nothing was written",
  CONFLICT: "stays: it was changed after the job",
  REJECTED: "stays: it cannot be reverted",
};

const SECONDS = 90;
const HOURS = 90 * 60;

export const jobs = {
  title: "Jobs",
  lead: "Imports of files and work on many drafts. They go on when this page is closed.",
  refresh: "Look for new jobs",
  filters: "Filters",
  state: "State",
  anyState: "Any state",
  found: (number: number) => plural(number, "job", "jobs"),
  columns: {
    job: "Job",
    state: "State",
    documents: "Documents",
    author: "Author",
    started: "Started",
  },
  kinds,
  states,
  canceling: "Being canceled",
  withFailures: "Completed with failures",
  outcomes,
  outcomeNotes,
  revertNotes,
  dryRun: "dry run",
  isRetry: "retry",
  intoDrafts: "into drafts",
  intoPublished: "into published documents",
  outcomeCount: (number: number, outcome: JobOutcome) =>
    `${count.format(number)} ${outcomes[outcome].toLowerCase()}`,
  progress: "Progress",
  documents: (number: number) => plural(number, "document", "documents"),
  done: (done: number, total: number | null) =>
    total === null
      ? plural(done, "document", "documents")
      : `${count.format(done)} of ${plural(total, "document", "documents")}`,
  ofFile: (share: string) => `${share} of the file`,
  rate: (rate: number) =>
    `${count.format(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))} per second`,
  remaining: (seconds: number) => {
    if (seconds < SECONDS) return `about ${plural(Math.ceil(seconds), "second", "seconds")} left`;
    if (seconds < HOURS) return `about ${Math.round(seconds / 60)} minutes left`;
    return `about ${plural(Math.round(seconds / 3600), "hour", "hours")} left`;
  },
  waits: "It waits until a server takes it; one job runs at a time.",
  waiting: "Not connected; trying again… The job goes on meanwhile.",
  emptyTitle: "No job yet",
  emptyText: "Choose or drop a ZIP archive, NDJSON or several files on the page “Import”.",
  toImport: "Open Import",
  emptyFilteredTitle: "No job fits",
  emptyFiltered: "Remove the filter to see the others.",
  notFoundTitle: "There is no such job",
  notFound: "A finished job is removed after seven days. What it did stays.",
  toJobs: "Open the jobs",

  startedBy: (author: string, when: string) => `Started by ${author}, ${when}`,
  dryRunNote: "This is a dry run: nothing is written to the catalogue.",
  cancelingNote: "The job stops after the documents that it is working on.",
  failedNote: (reason: string) => `The job cannot go on: ${reason}. What it did so far stays.`,
  noDocuments:
    "No document was found in the file, so nothing was imported. In an archive, files that end in " +
    ".json, .ndjson, .jsonl or .zip are read.",
  nothingExported: "No document was selected, so the file has none.",
  downloadFile: "Download the file",
  noFile: "The file is not there any more.",
  count: "By outcome",
  noOutcomes: "No document has an outcome yet.",
  notAttempted: "Not attempted",
  notAttemptedNote: "the job ended before them",
  details: "Details",
  fields: {
    target: "Target",
    mode: "Items the file leaves out",
    source: "Written by",
    file: "File",
    size: "Size of the file",
    created: "Started",
    began: "Taken by a server",
    finished: "Finished",
    rate: "Speed",
    attempts: "Attempts",
    retryOf: "Retry of",
    id: "Job",
  },
  targets: { published: "Published documents", draft: "Drafts" },
  attempts: (number: number) =>
    number === 1 ? "1" : `${count.format(number)}: a server ended before the job did`,
  retryOf: (id: string) => `job ${id}`,

  failures: "Failures",
  failuresText: "Documents that were not imported, the latest first.",
  noFailures: "No failure.",
  place: {
    line: (line: number) => `line ${count.format(line)}`,
    index: (index: number) => `item ${count.format(index + 1)} of the list`,
    document: (number: number) => `document ${count.format(number + 1)} of the file`,
  },
  wholeDocument: "document",
  unread: "The movie could not be read",
  unknownMovie: "not in the catalogue",
  warning: "Repaired or ignored:",
  omittedWarnings: (number: number) => plural(number, "more warning", "more warnings"),
  skippedEntries: (number: number) =>
    plural(
      number,
      "entry of the archive is no document",
      "entries of the archive are no documents",
    ),
  moreEntries: (number: number) => `and ${count.format(number)} more`,
  omitted: (number: number) => `${plural(number, "more error", "more errors")}, not listed`,
  moreFailures: (shown: number, all: number) =>
    `These are the latest ${count.format(shown)} of ${count.format(all)}. Download all of them to ` +
    "see the others.",
  download: "Download failures",
  downloading: "Downloading…",
  saved: (name: string) => `${name} was saved. Correct it, and import it as a file.`,
  nothingToSave:
    "Nothing was saved: none of these documents can be sent again. They were too large, or the " +
    "file had no document.",

  cancel: "Cancel job",
  cancelTitle: "Cancel this job?",
  cancelText:
    "It stops after the documents that it is working on. What is done stays; the others are skipped.",
  keepRunning: "Let it run",
  cancelRequested: "The job stops after the documents that it is working on.",
  canceled: "The job was canceled.",
  finishedBefore: "The job was finished already; nothing was canceled.",
  retry: "Try failures again",
  retryDryRun: "Repeat dry run of failures",
  executed: "A new job does what the dry run planned. It goes on without this page.",
  publishPlanned: (number: number) => `Publish ${plural(number, "document", "documents")}`,
  draftPlanned: (number: number) => `Add ${plural(number, "document", "documents")} to drafts`,
  revert: "Revert…",
  revertPlans: "A dry run shows which documents would be reverted.",
  revertPlanned: (number: number) => `Revert ${plural(number, "document", "documents")}`,
  retried: "A new job tries the documents again that were not imported.",
};
