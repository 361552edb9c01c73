// What the small programs of all clients do and report. It uses nothing of Node, so that programs
// that use it also run in a browser.

export interface Service {
  /** The origin, for example http://127.0.0.1:8000. */
  url: string;
  email: string;
  password: string;
}

export interface Outcome {
  fileName: string;
  /** The dates of the exported timeline. */
  dates: string[];
  revision: number;
  planned: { status: string; digest: string; changes: { path: string; op: string }[] };
  imported: { status: string; revision: number };
  repeated: { status: string };
  refused: { status: string; errors: { path: string; code: string }[] };
}

/** The movie whose timeline the programs edit. */
export const MOVIE = "tmdb-346698";
/** The event that they add. */
export const EVENT = { date: "2025-07", title: "Screenings for the second anniversary" };
/** The new title of the first event. */
export const TITLE = "The release is announced";

/** The edit of a timeline: another title for the first event, and a new event. */
export function edit(events: readonly { id: string }[]): { id?: string; title: string }[] {
  const [first] = events;
  if (first === undefined) throw new Error("the timeline is empty");
  return [{ id: first.id, title: TITLE }, EVENT];
}
