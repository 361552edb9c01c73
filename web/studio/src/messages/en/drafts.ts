// The texts about drafts: the queue, what is done with many of them, and the jobs that do it.
import { count, plural } from "../plural.ts";

const ofDrafts = (number: number) => plural(number, "draft", "drafts");

export const drafts = {
  title: "Drafts",
  lead: "What contributors and models propose, oldest first. Nothing here is published yet.",
  filters: "Filters",
  category: "Category",
  anyCategory: "Any category",
  categoryCount: (name: string, number: number) => `${name} (${count.format(number)})`,
  source: "Written by",
  anySource: "Any source",
  sourceChip: (name: string) => `written by ${name}`,
  author: "Author, as in the list",
  authorChip: (author: string) => `by ${author}`,
  onlyAuthor: (author: string) => `Only drafts by ${author}`,
  found: ofDrafts,
  keys: "j and k move, Enter opens",
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
  planTitle: "What publishing this draft would change",
  takeDraft: "Take the draft's values",
  keepCurrent: "Keep the published values",
};
