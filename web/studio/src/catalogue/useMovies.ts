// The rows of the catalogue, page by page. Each page stays connected to the cache, so that what
// other parts of the Studio write is seen in its rows.
import { useCallback, useEffect, useMemo, useState } from "react";
import { useClient, type Client, type CombinedError } from "urql";
import type { CatalogueQueryVariables, CatalogueQuery } from "../graphql/generated/graphql.ts";
import { CATALOGUE, type MovieRow } from "./queries.ts";
import { filterOf, orderOf, type CatalogueSearch } from "./search.ts";

const PAGE = 50;

/** How many pages of a list were read last, so that coming back to it finds the same place. */
const pagesRead = new Map<string, number>();

export interface MovieList {
  rows: MovieRow[];
  total: number;
  hasMore: boolean;
  /** Rows of this list are on the way; those that are shown may belong to the list before. */
  isLoading: boolean;
  error: CombinedError | null;
  loadMore: () => void;
  retry: () => void;
}

interface Read {
  key: string;
  pages: CatalogueQuery["movies"][];
  error: CombinedError | null;
  isLoading: boolean;
}

export function useMovies(search: CatalogueSearch, withDrafts: boolean): MovieList {
  const client = useClient();
  const key = JSON.stringify([filterOf(search), orderOf(search)]);
  const [read, setRead] = useState<Read>({ key: "", pages: [], error: null, isLoading: true });
  const [attempt, setAttempt] = useState(0);
  const [reader, setReader] = useState<Reader | null>(null);

  useEffect(() => {
    const [filter, order] = JSON.parse(key) as [
      ReturnType<typeof filterOf>,
      ReturnType<typeof orderOf>,
    ];
    const variables = { filter, order, first: PAGE, withDrafts };
    const next = new Reader(
      client,
      variables,
      pagesRead.get(key) ?? 1,
      (pages, error, isLoading) => {
        // The rows of the list before stay until the first page of this one is there.
        setRead((before) =>
          pages.length === 0 && error === null
            ? { ...before, isLoading: true }
            : { key, pages, error, isLoading },
        );
      },
    );
    setReader(next);
    return () => {
      pagesRead.set(key, next.count);
      next.stop();
    };
  }, [client, key, withDrafts, attempt]);

  const rows = useMemo(() => read.pages.flatMap((page) => page.nodes), [read.pages]);
  const lastPage = read.pages.at(-1);
  return {
    rows,
    total: read.pages[0]?.totalCount ?? 0,
    hasMore: lastPage?.pageInfo.hasNextPage ?? false,
    isLoading: read.isLoading || read.key !== key,
    error: read.error,
    loadMore: useCallback(() => reader?.more(), [reader]),
    retry: useCallback(() => setAttempt((before) => before + 1), []),
  };
}

type Report = (
  pages: CatalogueQuery["movies"][],
  error: CombinedError | null,
  isLoading: boolean,
) => void;

/** Reads the pages of one list, each after the one before it. */
class Reader {
  private readonly pages: CatalogueQuery["movies"][] = [];
  private readonly subscriptions: { unsubscribe: () => void }[] = [];
  private isLoading = false;
  private isStopped = false;

  constructor(
    private readonly client: Client,
    private readonly variables: Omit<CatalogueQueryVariables, "after">,
    private wanted: number,
    private readonly report: Report,
  ) {
    this.next();
  }

  get count(): number {
    return Math.max(1, this.pages.length);
  }

  more(): void {
    if (this.isLoading || this.isStopped) return;
    this.wanted = this.pages.length + 1;
    this.next();
  }

  stop(): void {
    this.isStopped = true;
    this.subscriptions.forEach((subscription) => subscription.unsubscribe());
  }

  private next(): void {
    const at = this.pages.length;
    const after = this.pages[at - 1]?.pageInfo.endCursor ?? null;
    if (at > 0 && this.pages[at - 1]?.pageInfo.hasNextPage !== true) return;
    this.isLoading = true;
    this.report([...this.pages], null, true);
    const requestPolicy = at === 0 ? "cache-and-network" : "cache-first";
    const results = this.client.query(CATALOGUE, { ...this.variables, after }, { requestPolicy });
    const subscription = results.subscribe(({ data, error, stale }) => {
      if (this.isStopped) return;
      // A viewer's answer has an error for each field that is not theirs, and the data.
      if (data === undefined) {
        this.isLoading = false;
        this.report([...this.pages], error ?? null, false);
        return;
      }
      const before = this.pages[at];
      this.pages[at] = data.movies;
      if (at === this.pages.length - 1) this.isLoading = false;
      this.report([...this.pages], null, stale || this.isLoading);
      if (before === undefined && this.pages.length < this.wanted) this.next();
    });
    this.subscriptions.push(subscription);
    if (this.isStopped) subscription.unsubscribe();
  }
}
