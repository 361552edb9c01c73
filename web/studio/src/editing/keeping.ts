// Edits that were not sent survive a reload and a closed tab, for each account, document and stage.
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import { storage } from "../session/storage.ts";
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
  const text = storage.get(nameOf(place));
  try {
    return text === null ? null : (JSON.parse(text) as Kept);
  } catch {
    return null;
  }
}

/** Returns the text that the browser has stored; null if it has no room for it. */
export function keepEdits(place: Place, kept: Kept): string | null {
  const text = JSON.stringify(kept);
  return storage.set(nameOf(place), text) ? text : null;
}

/** Forgets what this tab has stored, but not what another one has stored since. */
export function forgetEdits(place: Place, stored: string | null): void {
  if (storage.get(nameOf(place)) === stored) storage.remove(nameOf(place));
}

/** Calls `onChange` when another tab stores or forgets edits of the same document. */
export function watchEdits(place: Place, onChange: (text: string | null) => void): () => void {
  const listener = ({ key, newValue }: StorageEvent) => {
    if (key === nameOf(place)) onChange(newValue);
  };
  addEventListener("storage", listener);
  return () => removeEventListener("storage", listener);
}

export const hasKeptEdits = (place: Place) => storage.get(nameOf(place)) !== null;
