// What the address of a movie says: page or JSON, published or draft, history.
export interface MovieSearch {
  view?: "json" | "history" | "edit";
  stage?: "draft";
  from?: number;
  to?: number;
  /** The queue of drafts that the draft was opened from, and the place of the draft in it. */
  queue?: string;
  at?: string;
}

const LONGEST = 1_000;
const text = (value: unknown) =>
  typeof value === "string" && value !== "" ? value.slice(0, LONGEST) : undefined;

const positive = (value: unknown) => {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : undefined;
};

export function readMovieSearch(raw: Record<string, unknown>): MovieSearch {
  const view = raw["view"];
  const from = raw["from"] === "0" || raw["from"] === 0 ? 0 : positive(raw["from"]);
  const to = positive(raw["to"]);
  const queue = text(raw["queue"]);
  const at = text(raw["at"]);
  return {
    ...(view === "json" || view === "history" || view === "edit" ? { view } : {}),
    ...(raw["stage"] === "draft" ? { stage: "draft" as const } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(queue === undefined ? {} : { queue }),
    ...(at === undefined ? {} : { at }),
  };
}
