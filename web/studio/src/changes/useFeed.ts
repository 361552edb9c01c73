// The feed of changes: its end, older pages on request, and what is published meanwhile, which
// waits until it is asked for.
import { useCallback, useEffect, useRef, useState } from "react";
import { stringifyDocument, useClient, type CombinedError } from "urql";
import type { ChangeFeedSubscription, ChangeFilter } from "../graphql/generated/graphql.ts";
import { follow, type Connection } from "../live/follow.ts";
import { CHANGE_FEED, CHANGES, type Change } from "./queries.ts";

const PAGE = 50;

interface Feed {
  key: string;
  /** Newest first. */
  rows: Change[];
  fresh: Change[];
  before: string | null;
  hasOlder: boolean;
  isLoading: boolean;
  error: CombinedError | null;
  connection: Connection;
}

const EMPTY: Feed = {
  key: "",
  rows: [],
  fresh: [],
  before: null,
  hasOlder: false,
  isLoading: true,
  error: null,
  connection: "connecting",
};

export function useFeed(filter: ChangeFilter) {
  const client = useClient();
  const key = JSON.stringify(filter);
  const [feed, setFeed] = useState(EMPTY);
  const [attempt, setAttempt] = useState(0);
  const change = useCallback(
    (part: (before: Feed) => Partial<Feed>) =>
      setFeed((before) => (before.key === key ? { ...before, ...part(before) } : before)),
    [key],
  );

  useEffect(() => {
    const chosen = JSON.parse(key) as ChangeFilter;
    let isStopped = false;
    let stop: () => void = () => undefined;
    setFeed({ ...EMPTY, key });
    const begin = async () => {
      const variables = { filter: chosen, last: PAGE, before: null };
      const { data, error } = await client.query(CHANGES, variables, FRESH);
      if (isStopped) return;
      if (data === undefined) {
        change(() => ({ isLoading: false, error: error ?? null }));
        return;
      }
      const { nodes, pageInfo } = data.changes;
      change(() => ({
        rows: nodes.toReversed(),
        before: pageInfo.startCursor,
        hasOlder: pageInfo.hasPreviousPage,
        isLoading: false,
      }));
      let after = data.tail.pageInfo.endCursor;
      stop = follow<ChangeFeedSubscription>({
        query: stringifyDocument(CHANGE_FEED),
        variables: () => ({ filter: chosen, after }),
        onData: ({ changes }) => {
          after = changes.cursor;
          change(({ fresh }) => ({ fresh: [changes, ...fresh] }));
        },
        onConnection: (connection) => change(() => ({ connection })),
      });
    };
    void begin();
    return () => {
      isStopped = true;
      stop();
    };
  }, [client, key, change, attempt]);

  const current = useRef(feed);
  useEffect(() => {
    current.current = feed;
  }, [feed]);
  const loadOlder = async () => {
    const { before, isLoading } = current.current;
    if (isLoading || before === null) return;
    change(() => ({ isLoading: true, error: null }));
    const variables = { filter, last: PAGE, before };
    const { data, error } = await client.query(CHANGES, variables, FRESH);
    change(({ rows }) =>
      data === undefined
        ? { isLoading: false, error: error ?? null }
        : {
            rows: [...rows, ...data.changes.nodes.toReversed()],
            before: data.changes.pageInfo.startCursor,
            hasOlder: data.changes.pageInfo.hasPreviousPage,
            isLoading: false,
          },
    );
  };
  return {
    ...(feed.key === key ? feed : { ...EMPTY, key }),
    loadOlder: () => void loadOlder(),
    showFresh: () => change(({ rows, fresh }) => ({ rows: [...fresh, ...rows], fresh: [] })),
    retry: () => setAttempt((before) => before + 1),
  };
}

const FRESH = { requestPolicy: "network-only" } as const;
