// Edits that were not sent survive a reload and a closed tab, for each account, document and stage.
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import type { Data, Edits } from "./edits.ts";

/** An exported document, as far as editing needs it. */
export interface Envelope {
  category: string;
  movie_id: string;
  version: string;
  data: Data;
  metadata: { revision: number; draft_revision?: number | null };
}

export interface Kept {
  /** The document that the edits began with. */
  original: Envelope;
  edits: Edits;
}

export interface Place {
  account: string;
  movie: string;
  category: Category;
  stage: Stage;
}

const nameOf = ({ account, movie, category, stage }: Place) =>
  `reelport.edits.${account}.${movie}.${category}.${stage}`;

export function keptEdits(place: Place): Kept | null {
  try {
    const text = localStorage.getItem(nameOf(place));
    return text === null ? null : (JSON.parse(text) as Kept);
  } catch {
    return null;
  }
}

/** Returns whether the browser has stored them. */
export function keepEdits(place: Place, kept: Kept): boolean {
  try {
    localStorage.setItem(nameOf(place), JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

export function forgetEdits(place: Place): void {
  try {
    localStorage.removeItem(nameOf(place));
  } catch {
    // Without storage, nothing was kept.
  }
}

export const hasKeptEdits = (place: Place) => keptEdits(place) !== null;
