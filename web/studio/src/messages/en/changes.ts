// The texts of the feed of changes, and of what others do to the movie that is open.
import type { ChangeKind } from "../../graphql/generated/graphql.ts";
import { plural } from "../plural.ts";

const kinds: Record<ChangeKind, string> = {
  IMPORTED: "Imported",
  DRAFT_PUBLISHED: "Draft published",
  REVERTED: "Revision brought back",
  PEOPLE_MERGED: "People merged",
  PERSON_SPLIT: "Person split",
  MOVIE_CREATED: "Movie added",
  MOVIE_DELETED: "Movie deleted",
};

export const changes = {
  title: "Changes",
  lead: "What was published, newest first. New ones are announced above the list.",
  filters: "Filters",
  kind: "Kind",
  anyKind: "Any kind",
  category: "Category",
  anyCategory: "Any category",
  kinds,
  columns: { when: "When", movie: "Movie", what: "Change", who: "By" },
  revision: (number: number) => `revision ${number}`,
  fresh: (number: number) => `Show ${plural(number, "new change", "new changes")}`,
  states: {
    connecting: "Connecting…",
    live: "Live",
    waiting: "Not connected; trying again…",
  },
  emptyTitle: "No change yet",
  emptyText: "Changes appear here as soon as somebody publishes.",
  emptyFilteredTitle: "No change fits",
  emptyFiltered: "Remove a filter, or wait: new changes are announced here.",
  newer: (author: string, revision: number) =>
    `A newer revision (${revision}) was published by ${author}.`,
  draftSaved: (author: string) => `${author} saved a draft of this category.`,
  draftGone: (author: string) => `${author} published or discarded the draft.`,
  movieDeleted: (author: string) => `This movie was deleted by ${author}.`,
  showIt: "Show it",
  elsewhere: "Changed while you read",
};
