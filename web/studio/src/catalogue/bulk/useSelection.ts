// The movies that are selected for an export. The selection outlives filters, pages and visits of
// other pages, until it is cleared.
import { useCallback, useSyncExternalStore } from "react";

let selected: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function change(next: ReadonlySet<string>) {
  selected = next;
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export interface Selection {
  ids: ReadonlySet<string>;
  set: (ids: readonly string[], isSelected: boolean) => void;
  clear: () => void;
}

export function useSelection(): Selection {
  const ids = useSyncExternalStore(subscribe, () => selected);
  return {
    ids,
    set: useCallback((changed: readonly string[], isSelected: boolean) => {
      const next = new Set(selected);
      for (const id of changed) {
        if (isSelected) next.add(id);
        else next.delete(id);
      }
      change(next);
    }, []),
    clear: useCallback(() => change(new Set()), []),
  };
}
