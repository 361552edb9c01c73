// What others do to the movie that is open. It changes nothing that is shown: the page marks it,
// and shows it when it is asked to.
import { useCallback, useEffect, useState } from "react";
import { stringifyDocument, useClient } from "urql";
import { graphql } from "../graphql/generated/index.ts";
import type {
  Category,
  MovieChangesSubscription,
  MovieDraftsSubscription,
} from "../graphql/generated/graphql.ts";
import { useViewer } from "../session/useSession.ts";

const TAIL = graphql(`
  query ChangesTail {
    changes(last: 1) {
      pageInfo {
        endCursor
      }
    }
  }
`);

const MOVIE_CHANGES = graphql(`
  subscription MovieChanges($id: ID!, $after: String) {
    changes(filter: { movieIds: [$id] }, after: $after) {
      cursor
      kind
      category
      revision
      updatedBy
    }
  }
`);

const MOVIE_DRAFTS = graphql(`
  subscription MovieDrafts($id: ID!) {
    drafts(filter: { movieId: $id }) {
      kind
      category
      updatedBy
    }
  }
`);

/** The last thing that somebody did to a category. */
export interface CategoryNews {
  published?: { revision: number; author: string };
  draft?: { isGone: boolean; author: string };
}

export interface News {
  /** Who deleted the movie. */
  deletedBy: string | null;
  of: ReadonlyMap<Category, CategoryNews>;
  forget: (category: Category) => void;
}

export function useNews(id: string): News {
  const client = useClient();
  const { email, mayDraft } = useViewer();
  const [deletedBy, setDeletedBy] = useState<string | null>(null);
  const [news, setNews] = useState<ReadonlyMap<Category, CategoryNews>>(new Map());

  useEffect(() => {
    const stops: (() => void)[] = [];
    let isStopped = false;
    const note = (category: Category, part: CategoryNews) =>
      setNews((before) => new Map(before).set(category, { ...before.get(category), ...part }));
    const begin = async () => {
      const [{ follow }, { data }] = await Promise.all([
        import("../live/follow.ts"),
        client.query(TAIL, {}, { requestPolicy: "network-only" }),
      ]);
      if (isStopped) return;
      let after = data?.changes.pageInfo.endCursor ?? null;
      stops.push(
        follow<MovieChangesSubscription>({
          query: stringifyDocument(MOVIE_CHANGES),
          variables: () => ({ id, after }),
          onData: ({ changes: { cursor, kind, category, revision, updatedBy } }) => {
            after = cursor;
            if (kind === "MOVIE_DELETED") setDeletedBy(updatedBy);
            if (category !== null && revision !== null)
              note(category, { published: { revision, author: updatedBy } });
          },
        }),
      );
      if (!mayDraft) return;
      stops.push(
        follow<MovieDraftsSubscription>({
          query: stringifyDocument(MOVIE_DRAFTS),
          variables: () => ({ id }),
          onData: ({ drafts: { kind, category, updatedBy } }) => {
            const isGone = kind === "PUBLISHED" || kind === "DISCARDED";
            // What one does oneself is on the page already.
            if (updatedBy !== email) note(category, { draft: { isGone, author: updatedBy } });
          },
        }),
      );
    };
    void begin();
    return () => {
      isStopped = true;
      stops.forEach((stop) => stop());
      setNews(new Map());
      setDeletedBy(null);
    };
  }, [client, id, email, mayDraft]);

  const forget = useCallback(
    (category: Category) =>
      setNews((before) => {
        const next = new Map(before);
        return next.delete(category) ? next : before;
      }),
    [],
  );
  return { deletedBy, of: news, forget };
}
