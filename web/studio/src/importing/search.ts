// What the address of the import page says: for which movie and category it was opened.
import { readCategory } from "../catalogue/categories.ts";
import type { Category } from "../graphql/generated/graphql.ts";

export interface ImportSearch {
  movie?: string;
  category?: Category;
}

export function readImportSearch(raw: Record<string, unknown>): ImportSearch {
  const movie = typeof raw["movie"] === "string" ? raw["movie"] : "";
  const category = typeof raw["category"] === "string" ? readCategory(raw["category"]) : undefined;
  return {
    ...(movie === "" ? {} : { movie }),
    ...(category === undefined ? {} : { category }),
  };
}
