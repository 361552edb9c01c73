// The address of a bulk export.
import type { Category } from "../../graphql/generated/graphql.ts";
import { slugOf } from "../categories.ts";
import { filterOf, type CatalogueSearch } from "../search.ts";

/** What is exported: the selected movies, or all that the filters of the catalogue leave. */
export type Subject =
  { kind: "selected"; ids: readonly string[] } | { kind: "filtered"; search: CatalogueSearch };

/** The service reads addresses of up to 64 KiB. */
const MAX_ADDRESS = 60_000;

/** The address; undefined if it would be too long. */
export function addressOf(
  subject: Subject,
  categories: readonly Category[],
  format: "zip" | "ndjson",
): string | undefined {
  const query = new URLSearchParams({ format, categories: categories.map(slugOf).join(",") });
  if (subject.kind === "selected") query.set("ids", subject.ids.join(","));
  else {
    const { search, missing, genres, status, yearFrom, yearTo } = filterOf(subject.search);
    const parameters = {
      search,
      missing: missing?.map(slugOf).join(","),
      genres: genres?.join(","),
      status: status?.toLowerCase(),
      year_from: yearFrom,
      year_to: yearTo,
    };
    for (const [name, value] of Object.entries(parameters)) {
      if (value != null) query.set(name, String(value));
    }
  }
  const address = `/api/v1/admin/movies/export?${query}`;
  return address.length > MAX_ADDRESS ? undefined : address;
}
