// The kinds of entities, each with a list and pages of its own.
export const KINDS = ["people", "ceremonies", "platforms", "genres"] as const;
export type Kind = (typeof KINDS)[number];

export interface NamesSearch {
  q?: string;
}

const LONGEST = 200;

export function readNamesSearch(raw: Record<string, unknown>): NamesSearch {
  const q = typeof raw["q"] === "string" ? raw["q"].slice(0, LONGEST) : "";
  return q === "" ? {} : { q };
}

export interface CompareSearch {
  /** The id of the other person. */
  with?: string;
}

export function readCompareSearch(raw: Record<string, unknown>): CompareSearch {
  const other = raw["with"];
  return typeof other === "string" && other !== "" ? { with: other.slice(0, LONGEST) } : {};
}
