// What the address of the catalogue says: search, filters and order.
import type {
  Category,
  MovieFilter,
  MovieOrder,
  ReleaseStatus,
} from "../graphql/generated/graphql.ts";
import { readCategory } from "./categories.ts";

export const SORTS = ["updated-desc", "title-asc", "title-desc", "year-desc", "year-asc"] as const;
export type Sort = (typeof SORTS)[number];

export const STATUSES = [
  "RUMORED",
  "PLANNED",
  "UPCOMING",
  "IN_PRODUCTION",
  "POST_PRODUCTION",
  "RELEASED",
  "CANCELED",
] as const satisfies readonly ReleaseStatus[];

export interface CatalogueSearch {
  q?: string;
  missing?: Category[];
  genre?: string;
  status?: ReleaseStatus;
  from?: number;
  to?: number;
  sort?: Sort;
}

type Raw = Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" ? value : "");

function year(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number >= 1800 && number <= 2200 ? number : undefined;
}

/** Reads the parameters of an address. What is not understood is left out. */
export function readCatalogueSearch(raw: Raw): CatalogueSearch {
  const list = Array.isArray(raw["missing"])
    ? raw["missing"].map(text)
    : text(raw["missing"]).split(",");
  const missing = list.map(readCategory).filter((category) => category !== undefined);
  const q = text(raw["q"]).slice(0, 200);
  const genre = text(raw["genre"]).slice(0, 200);
  const status = STATUSES.find((each) => each === text(raw["status"]).toUpperCase());
  const sort = SORTS.find((each) => each === raw["sort"]);
  const from = year(raw["from"]);
  const to = year(raw["to"]);
  return {
    ...(q === "" ? {} : { q }),
    ...(missing.length === 0 ? {} : { missing: [...new Set(missing)] }),
    ...(genre === "" ? {} : { genre }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(sort === undefined || sort === SORTS[0] ? {} : { sort }),
  };
}

export function filterOf({ q, missing, genre, status, from, to }: CatalogueSearch): MovieFilter {
  return {
    ...(q === undefined || q.trim() === "" ? {} : { search: q }),
    ...(missing === undefined ? {} : { missing }),
    ...(genre === undefined ? {} : { genres: [genre] }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { yearFrom: from }),
    ...(to === undefined ? {} : { yearTo: to }),
  };
}

export function orderOf({ sort = SORTS[0] }: CatalogueSearch): MovieOrder {
  const [field, direction] = sort.toUpperCase().split("-");
  return { field, direction } as MovieOrder;
}

/** Whether anything narrows the list. */
export const isFiltered = (search: CatalogueSearch) => Object.keys(filterOf(search)).length > 0;
