// The seven categories, in the order of the service, and their names in addresses and files.
import type { Category } from "../graphql/generated/graphql.ts";

export const CATEGORIES = [
  "BASIC_INFO",
  "CAST_CREW",
  "TIMELINE",
  "TRIVIA",
  "AWARDS",
  "MEDIA",
  "STREAMING",
] as const satisfies readonly Category[];

/** "cast-crew", as in addresses and file names. */
export const slugOf = (category: Category) => category.toLowerCase().replace("_", "-");

/** Reads "cast-crew", "cast_crew" and "CAST_CREW". */
export function readCategory(text: string): Category | undefined {
  const name = text.trim().toUpperCase().replaceAll("-", "_");
  return CATEGORIES.find((category) => category === name);
}
