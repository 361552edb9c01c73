// A list that the service gives page by page, each with a cursor to the next. Each page stays
// connected to the cache, so that what is written elsewhere in the Studio is seen in its rows.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import {
  useClient,
  type AnyVariables,
  type Client,
  type CombinedError,
  type TypedDocumentNode,
} from "urql";

interface Connection<Node> {
  nodes: Node[];
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface Pages<Node, Page = unknown> {
  nodes: Node[];
  /** The first page, with all that the service gave beside its rows. */
  firstPage: Page | undefined;
  total: number;
  hasMore: boolean;
  /** Rows are on the way; those that are shown may belong to the list before. */
  isLoading: boolean;
  error: CombinedError | null;
  loadMore: () => void;
  retry: () => void;
}

interface State<Page> {
  key: string;
  pages: Page[];
  isLoading: boolean;
  error: CombinedError | null;
}

/** Where a list is in an answer; null if the service did not give it. */
type Pick<Data, Page> = (data: Data) => Page | null;

/**
 * `variables` are those of the query without `after`; `pick` is the same in each rendering. With
 * `isLively`, every page is read again when it is shown again, not only the first one.
 */
export function usePages<Data, Variables extends AnyVariables, Page extends Connection<unknown>>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, "after">,
  pick: Pick<Data, Page>,
  isLively = false,
): Pages<Page["nodes"][number], Page> {
  const client = useClient();
  const key = JSON.stringify(variables);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State<Page>>({
    key: "",
    pages: [],
    isLoading: true,
    error: null,
  });
  const reader = useRef<Reader<Data, Variables, Page> | null>(null);
  useEffect(() => {
    const next = new Reader(client, query, JSON.parse(key) as object, pick, isLively, (read) =>
      // The rows of the list before stay until the first page of this one is there.
      setState((before) =>
        read.pages.length === 0 && read.error === null
          ? { ...before, isLoading: true }
          : { key, ...read },
      ),
    );
    reader.current = next;
    next.more();
    return () => next.stop();
  }, [client, query, key, pick, isLively, attempt]);
  return {
    nodes: useMemo(() => state.pages.flatMap(({ nodes }) => nodes), [state.pages]),
    firstPage: state.pages[0],
    total: state.pages[0]?.totalCount ?? 0,
    hasMore: state.pages.at(-1)?.pageInfo.hasNextPage ?? false,
    isLoading: state.isLoading || state.key !== key,
    error: state.error,
    loadMore: useCallback(() => reader.current?.more(), []),
    retry: useCallback(() => setAttempt((before) => before + 1), []),
  };
}

class Reader<Data, Variables extends AnyVariables, Page extends Connection<unknown>> {
  private readonly pages: Page[] = [];
  private readonly subscriptions: { unsubscribe: () => void }[] = [];
  private isLoading = false;
  private isStopped = false;

  constructor(
    private readonly client: Client,
    private readonly query: TypedDocumentNode<Data, Variables>,
    private readonly variables: object,
    private readonly pick: Pick<Data, Page>,
    private readonly isLively: boolean,
    private readonly report: (state: Omit<State<Page>, "key">) => void,
  ) {}

  more(): void {
    if (this.isLoading || this.isStopped) return;
    const at = this.pages.length;
    const last = this.pages[at - 1];
    if (last?.pageInfo.hasNextPage === false) return;
    this.isLoading = true;
    this.tell();
    const after = last?.pageInfo.endCursor ?? null;
    const variables = { ...this.variables, after } as unknown as Variables;
    const requestPolicy = at === 0 || this.isLively ? "cache-and-network" : "cache-first";
    const results = this.client.query(this.query, variables, { requestPolicy });
    const subscription = results.subscribe(({ data, error, stale }) => {
      if (this.isStopped) return;
      const page = data === undefined ? null : this.pick(data);
      this.isLoading = stale;
      if (page === null) this.tell(error ?? null);
      else {
        this.pages[at] = page;
        this.tell();
      }
    });
    this.subscriptions.push(subscription);
  }

  stop(): void {
    this.isStopped = true;
    this.subscriptions.forEach((subscription) => subscription.unsubscribe());
  }

  private tell(error: CombinedError | null = null): void {
    this.report({ pages: [...this.pages], isLoading: this.isLoading, error });
  }
}
