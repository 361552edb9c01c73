// How many drafts of the list were changed by others while it is shown. The list stays as it is
// until it is asked for.
import { useEffect, useState } from "react";
import { stringifyDocument } from "urql";
import type { DraftEventsSubscription, DraftFilter } from "../graphql/generated/graphql.ts";
import { follow } from "../live/follow.ts";
import { DRAFT_EVENTS } from "./queries.ts";

export function useDraftNews(filter: DraftFilter): { changed: number; forget: () => void } {
  const key = JSON.stringify(filter);
  const [news, setNews] = useState({ key, changed: 0 });
  useEffect(
    () =>
      follow<DraftEventsSubscription>({
        query: stringifyDocument(DRAFT_EVENTS),
        variables: () => ({ filter: JSON.parse(key) as DraftFilter }),
        onData: () =>
          setNews((before) => ({ key, changed: before.key === key ? before.changed + 1 : 1 })),
      }),
    [key],
  );
  return {
    changed: news.key === key ? news.changed : 0,
    forget: () => setNews({ key, changed: 0 }),
  };
}
