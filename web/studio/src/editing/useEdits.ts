// The edits of a document: kept in the browser until they are sent or discarded.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { countChanges, dataOf, editsOf, type Edits } from "./edits.ts";
import type { Field } from "./fields.ts";
import {
  forgetEdits,
  keepEdits,
  keptEdits,
  watchEdits,
  type Envelope,
  type Kept,
  type Place,
} from "./keeping.ts";

export function useEdits(place: Place, fields: readonly Field[], stored: Envelope) {
  const { account, movie, category, stage } = place;
  const [kept, setKept] = useState<Kept | null>(() => keptEdits(place));
  const [wasKept] = useState(kept !== null);
  const [isUnsafe, setUnsafe] = useState(false);
  const [isElsewhere, setElsewhere] = useState(false);
  /** What this tab has stored last. */
  const own = useRef<string | null>(null);
  const fresh = useMemo(
    (): Kept => ({ original: stored, edits: editsOf(category, fields, stored.data) }),
    [category, fields, stored],
  );
  const { original, edits } = kept ?? fresh;
  const changes = countChanges(category, fields, original.data, edits);

  useEffect(() => {
    const at = { account, movie, category, stage };
    if (kept === null || changes === 0) {
      forgetEdits(at, own.current);
      own.current = null;
    } else {
      own.current = keepEdits(at, kept);
      setUnsafe(own.current === null);
    }
  }, [kept, changes, account, movie, category, stage]);
  useEffect(
    () =>
      watchEdits({ account, movie, category, stage }, (text) =>
        setElsewhere(text !== null && text !== own.current),
      ),
    [account, movie, category, stage],
  );

  return {
    original,
    edits,
    changes,
    /** The edits are from an earlier visit of the page. */
    wasKept,
    /** The browser has no room for the edits: they last as long as the tab. */
    isUnsafe,
    /** Another tab has stored other edits of the same document. */
    isElsewhere,
    change: useCallback(
      (edit: (before: Edits) => Edits) =>
        setKept((before) => {
          const { original: from, edits: now } = before ?? fresh;
          return { original: from, edits: edit(now) };
        }),
      [fresh],
    ),
    /** They are forgotten at once: the page may be left in the same moment. */
    discard: useCallback(() => {
      forgetEdits({ account, movie, category, stage }, own.current);
      own.current = null;
      setKept(null);
    }, [account, movie, category, stage]),
    /** The text of an import that makes the edits. */
    text: () => {
      const data = dataOf(category, fields, original.data, edits);
      return JSON.stringify({ ...original, data }, null, 2);
    },
  };
}
