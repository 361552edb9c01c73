// A list that is read page by page, in each of its states: loading, failed, empty, and with rows.
import type { ReactNode } from "react";
import { t } from "../messages/index.ts";
import { Button } from "./controls.tsx";
import { Bone, Failure } from "./states.tsx";
import type { Pages } from "./usePages.ts";
import "./tables.css";

interface ListProps<Node> {
  list: Pages<Node>;
  /** What is shown if there is nothing. */
  empty: ReactNode;
  children: (nodes: Node[]) => ReactNode;
}

export function List<Node>({ list, empty, children }: ListProps<Node>) {
  if (list.nodes.length === 0) {
    if (list.error !== null) return <Failure error={list.error} onRetry={list.retry} />;
    return list.isLoading ? <RowsSkeleton /> : empty;
  }
  return (
    <>
      <div className={list.isLoading ? "progress on" : "progress"} aria-hidden="true" />
      {children(list.nodes)}
      {list.error !== null ? (
        <Failure error={list.error} onRetry={list.retry} />
      ) : (
        list.hasMore && (
          <p className="list-end">
            <Button look="ghost" isBusy={list.isLoading} onPress={list.loadMore}>
              {t.common.showMore}
            </Button>
          </p>
        )
      )}
    </>
  );
}

export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="rows-skeleton" role="status">
      <span className="visually-hidden">{t.common.loading}</span>
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} className="row-bone">
          <Bone width={120 + ((at * 53) % 110)} />
          <Bone width={60 + ((at * 29) % 50)} />
        </div>
      ))}
    </div>
  );
}
