// The texts about drafts: the queue, what is done with many of them, and the jobs that do it.
import type { JobOutcome } from "../../graphql/generated/graphql.ts";
import { count, plural } from "../plural.ts";

const ofDrafts = (number: number) => plural(number, "draft", "drafts");

const outcomeNotes: Record<JobOutcome, string> = {
  PUBLISHED: "a new revision; the draft is closed",
  DRAFTED: "",
  UNCHANGED: "published already; the draft is closed",
  PLANNED: "would be published; nothing was written",
  CONFLICT: "stays open: the published document, or the draft itself, was changed meanwhile",
  REJECTED: "stays open: it cannot be published as it is",
  SKIPPED: "stays open: it does more than add, or the job was canceled",
  DISCARDED: "the draft is closed",
};

/** The texts of jobs that publish or discard drafts. */
const jobs = {
  onlyAdditions: "only drafts that add",
  outcomeNotes,
  done: (done: number, total: number | null) =>
    total === null ? ofDrafts(done) : `${count.format(done)} of ${ofDrafts(total)}`,
  toDrafts: "Open the drafts",
  selected: "Selected",
  more: "Drafts that change or remove something",
  moreStays: "Stay open",
  moreGoes: "Are published too",
  failures: "Drafts that stay open",
  failuresText: "With the reason, the latest first. Open one to settle it.",
  noFailures: "None.",
  moreFailures: (shown: number, all: number) =>
    `These are the latest ${count.format(shown)} of ${count.format(all)}.`,
  canceledBefore: "The job was canceled before this draft.",
};

/** The texts about many drafts at once. */
const bulk = {
  select: (category: string, movie: string) => `Select ${category} of ${movie}`,
  selected: (number: number) => `${ofDrafts(number)} selected`,
  publishSelected: "Publish selected…",
  discardSelected: "Discard selected…",
  additionsButton: "Publish those that only add…",
  publish: (number: number) => `Publish ${ofDrafts(number)}`,
  publishText:
    "A job publishes each draft by itself, as it is now. Drafts with conflicts or ambiguous names " +
    "stay open; the page of the job says which, and why.",
  onlyAdditions: "Leave drafts open that change or remove something",
  dryRun: "Start dry run",
  discardTitle: (number: number) => `Discard ${ofDrafts(number)}?`,
  discard: (number: number) => `Discard ${ofDrafts(number)}`,
  discardText: "A job discards each of them. This cannot be undone.",
  reasonHint: "The authors of the drafts see it on the pages of the movies.",
  additionsTitle: "Publish the drafts that only add",
  additionsText: (number: number) =>
    `A job looks at ${number === 1 ? "the draft" : `all ${ofDrafts(number)}`} that the filters ` +
    "show, and publishes those that only add values and items. Drafts that change or remove " +
    "something, or have conflicts or ambiguous names, stay open, as do drafts that were changed " +
    "after this list was read; the page of the job says which, and why.",
  additions: "Publish those that only add",
  changed: (number: number) =>
    `${plural(number, "draft was", "drafts were")} changed or closed after you selected ` +
    `${number === 1 ? "it, and is" : "them, and are"} not selected any more. Nothing was done yet: ` +
    "check the number, then press again.",
  tooMany: "At most 1,000 drafts can be selected one by one.",
};

interface Summary {
  added: number;
  changed: number;
  removed: number;
  conflicts: number;
  asked: number;
}

/** The texts of a draft that was opened from the list. */
const review = {
  queue: "Drafts",
  total: (number: number) => ofDrafts(number),
  keys: "a publishes, r discards, e edits, j and k open the next and the previous draft",
  keysReader: "e edits, j and k open the next and the previous draft",
  previous: "Previous draft",
  next: "Next draft",
  edit: "Edit…",
  discard: "Discard…",
  closed: "This draft is closed: it was published or discarded. The published document is shown.",
  end: "That was the last draft of the list.",
  settle: "Look at what is open above, then press the button.",
  notByKey:
    "The key publishes nothing that needs a decision. Settle what is open, then press the button.",
  summary: ({ added, changed, removed, conflicts, asked }: Summary) => {
    const parts = [
      added > 0 && `${count.format(added)} added`,
      changed > 0 && `${count.format(changed)} changed`,
      conflicts > 0 && plural(conflicts, "conflict", "conflicts"),
      asked > 0 && plural(asked, "ambiguous name", "ambiguous names"),
      removed > 0 ? `${count.format(removed)} removed` : "nothing removed",
    ].filter(Boolean);
    return added + changed + removed + conflicts + asked === 0
      ? "Nothing would change: the published document has all of this already."
      : parts.join(", ");
  },
};

const views = {
  title: "Saved views",
  save: "Save this view…",
  saveTitle: "Save this view",
  saveNow: "Save view",
  name: "Name",
  hint: "The filters are kept under this name, in this browser.",
  remove: (name: string) => `Remove the view “${name}”`,
};

export const drafts = {
  views,
  review,
  bulk,
  title: "Drafts",
  lead: "What contributors and models propose, oldest first. Nothing here is published yet.",
  filters: "Filters",
  category: "Category",
  anyCategory: "Any category",
  categoryCount: (name: string, number: number) => `${name} (${count.format(number)})`,
  source: "Written by",
  anySource: "Any source",
  sourceChip: (name: string) => `written by ${name}`,
  author: "Author",
  authorChip: (author: string) => `by ${author}`,
  onlyAuthor: (author: string) => `Only drafts by ${author}`,
  found: ofDrafts,
  keys: "j and k move, Enter opens",
  keysSelect: "j and k move, x selects, Enter opens",
  changed: (number: number) =>
    `${plural(number, "draft was changed", "drafts were changed")} meanwhile: show the list again`,
  empty: "No draft waits",
  emptyText: "Drafts appear here when a contributor or a model saves one.",
  emptyFilteredTitle: "No draft fits",
  emptyFiltered: "Remove a filter to see the others.",
  columns: { select: "Selected", movie: "Movie", category: "Category", when: "Last change" },

  discardTitle: "Discard this draft?",
  discardText: (category: string, movie: string) =>
    `The draft of ${category.toLowerCase()} of ${movie} is deleted. This cannot be undone.`,
  discarded: "The draft was discarded.",
  reason: "Reason",
  reasonHint: "The authors of the draft see it on the page of the movie.",
  wasDiscarded: (author: string, when: string) =>
    `The last draft was discarded by ${author}, ${when}:`,
  jobs,
  planTitle: "What publishing this draft would change",
  takeDraft: "Take the draft's values",
  keepCurrent: "Keep the published values",
};
