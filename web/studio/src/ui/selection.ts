// What is selected in a table. A selection outlives filters, pages and visits of other pages, until
// it is cleared.
import { useCallback, useRef, useSyncExternalStore } from "react";

export interface Selection {
  ids: ReadonlySet<string>;
  set: (ids: readonly string[], isSelected: boolean) => void;
  clear: () => void;
}

/** Makes the hook that reads and changes a selection. */
export function createSelection(): () => Selection {
  let selected: ReadonlySet<string> = new Set();
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const change = (next: ReadonlySet<string>) => {
    selected = next;
    listeners.forEach((listener) => listener());
  };
  const set = (changed: readonly string[], isSelected: boolean) => {
    const next = new Set(selected);
    for (const id of changed) {
      if (isSelected) next.add(id);
      else next.delete(id);
    }
    change(next);
  };
  const clear = () => change(new Set());
  return function useSelection() {
    return { ids: useSyncExternalStore(subscribe, () => selected), set, clear };
  };
}

/** Selects one row; with Shift, the rows between it and the one that was ticked last. */
export type SelectRow = (index: number, isSelected: boolean, isRange: boolean) => void;

export function useSelectRow(ids: readonly string[], { set }: Selection): SelectRow {
  /** The row that was ticked last: the other end of a range. */
  const anchor = useRef<number | null>(null);
  return useCallback(
    (index, isSelected, isRange) => {
      const from = isRange && anchor.current !== null ? anchor.current : index;
      set(ids.slice(Math.min(from, index), Math.max(from, index) + 1), isSelected);
      anchor.current = index;
    },
    [ids, set],
  );
}
