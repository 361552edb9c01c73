// Filters of drafts that were saved under a name, in this browser.
import { useState } from "react";
import { storage } from "../session/storage.ts";
import { queueOf, readQueue, type DraftsSearch } from "./search.ts";

export interface View {
  name: string;
  search: DraftsSearch;
}

const KEY = "reelport.draft-views";
export const MAX_NAME = 60;
const MOST = 20;

/** Reads what the browser has kept. What is not understood is left out. */
export function readViews(text: string | null): View[] {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(kept)) return [];
  const views = kept.flatMap((each): View[] => {
    const [name, queue] = Array.isArray(each) ? (each as unknown[]) : [];
    return typeof name === "string" && typeof queue === "string"
      ? [{ name: name.slice(0, MAX_NAME), search: readQueue(queue) }]
      : [];
  });
  return views.slice(0, MOST);
}

export const writeViews = (views: readonly View[]) =>
  JSON.stringify(views.map(({ name, search }) => [name, queueOf(search)]));

/** With a view of the same name, the new one takes its place; else it is the last. */
export function withView(views: readonly View[], view: View): View[] {
  const at = views.findIndex(({ name }) => name === view.name);
  return at < 0 ? [...views, view].slice(-MOST) : views.with(at, view);
}

export const isSame = (one: DraftsSearch, other: DraftsSearch) => queueOf(one) === queueOf(other);

export function useViews() {
  const [views, setViews] = useState(() => readViews(storage.get(KEY)));
  const change = (part: (before: View[]) => View[]) => {
    // Another tab may have saved a view, too.
    const next = part(readViews(storage.get(KEY)));
    storage.set(KEY, writeViews(next));
    setViews(next);
  };
  return {
    views,
    save: (view: View) => change((before) => withView(before, view)),
    remove: (view: View) => change((before) => before.filter(({ name }) => name !== view.name)),
  };
}
