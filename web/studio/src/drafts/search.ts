// What the address of the drafts says: which of them are listed. The address of a draft that was
// opened from the list says it too, so that the next one can be found.
import { readCategory } from "../catalogue/categories.ts";
import type { Category, DraftFilter, Source } from "../graphql/generated/graphql.ts";

export const SOURCES = ["LLM_GENERATED", "MANUAL", "TMDB"] as const satisfies readonly Source[];

export interface DraftsSearch {
  category?: Category;
  source?: Source;
  /** The author of at least one contribution. */
  author?: string;
}

export type DraftsChange = { [Key in keyof DraftsSearch]?: DraftsSearch[Key] | undefined };

const LONGEST = 200;
const text = (value: unknown) => (typeof value === "string" ? value.trim().slice(0, LONGEST) : "");

/** Reads the parameters of an address. What is not understood is left out. */
export function readDraftsSearch(raw: Record<string, unknown>): DraftsSearch {
  const category = readCategory(text(raw["category"]));
  const source = SOURCES.find((each) => each === raw["source"]);
  const author = text(raw["author"]);
  return {
    ...(category === undefined ? {} : { category }),
    ...(source === undefined ? {} : { source }),
    ...(author === "" ? {} : { author }),
  };
}

export const filterOf = (search: DraftsSearch): DraftFilter => ({ ...search });

/**
 * The filter of the drafts that a list showed: none that was changed after `newest`, the last change
 * of the newest of them.
 */
export function shownFilter(search: DraftsSearch, newest: string | undefined): DraftFilter {
  if (newest === undefined) return filterOf(search);
  // Times have microseconds, which dates do not have; the limit itself does not match.
  return { ...filterOf(search), until: new Date(Date.parse(newest) + 1).toISOString() };
}

/** The filters as one parameter of another address: "category=TRIVIA&source=TMDB", or "all". */
export function queueOf(search: DraftsSearch): string {
  const named = Object.entries(readDraftsSearch({ ...search })) as [string, string][];
  return named.length === 0 ? "all" : new URLSearchParams(named).toString();
}

export const readQueue = (queue: string): DraftsSearch =>
  readDraftsSearch(Object.fromEntries(new URLSearchParams(queue)));
