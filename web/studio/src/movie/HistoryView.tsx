// The revisions of a document, and what changed between two of them.
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useMutation, useQuery } from "urql";
import type { Category } from "../graphql/generated/graphql.ts";
import { slugOf } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { ChangeCard } from "../plan/ChangeCard.tsx";
import { fieldOf } from "../plan/rows.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Select } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { explain, Failure, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { COMPARE, REVERT, REVISIONS } from "./history.ts";

const route = getRouteApi("/movies/$id/$category");
const PAGE = 30;

interface HistoryProps {
  id: string;
  title: string;
  category: Category;
}

export function HistoryView({ id, title, category }: HistoryProps) {
  const { mayPublish } = useViewer();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [first, setFirst] = useState(PAGE);
  const [{ data, error }, retry] = useQuery({
    query: REVISIONS,
    variables: { id, category, first },
    requestPolicy: "cache-and-network",
  });
  const [reverting, setReverting] = useState<number | null>(null);
  const revisions = data?.movie?.revisions;
  if (!revisions) {
    return error === undefined ? (
      <Skeleton />
    ) : (
      <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />
    );
  }
  const latest = revisions.nodes[0]?.number ?? 0;
  const to = Math.min(search.to ?? latest, latest);
  const from = Math.min(search.from ?? to - 1, latest);
  const compare = (next: { from?: number; to?: number }) =>
    void navigate({
      params: { id, category: slugOf(category) },
      search: { view: "history", ...next },
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="history">
      <h2 className="visually-hidden">{t.history.title}</h2>
      <ol className="revisions" aria-label={t.history.title}>
        {revisions.nodes.map(({ id: key, number, source, updatedAt, updatedBy }) => (
          <li key={key}>
            <button
              type="button"
              className="revision"
              aria-current={number === to ? "true" : undefined}
              onClick={() => compare({ to: number })}
            >
              <span className="num">
                {t.movie.revision(number)}
                {number === latest && <span className="tag">{t.history.current}</span>}
                {source === "LLM_GENERATED" && (
                  <span className="tag model">{t.sources.LLM_GENERATED}</span>
                )}
              </span>
              <span className="sub clamp" title={exactly(updatedAt)}>
                <bdi>{updatedBy}</bdi>, {when(updatedAt)}
              </span>
            </button>
          </li>
        ))}
        {revisions.pageInfo.hasNextPage && (
          <li>
            <Button look="ghost" onPress={() => setFirst(first + PAGE)}>
              {t.history.more}
            </Button>
          </li>
        )}
      </ol>
      <div className="comparison">
        <div className="document-bar">
          <Select
            label={t.history.from}
            value={`${from}`}
            options={range(Math.max(0, latest - PAGE), latest)
              .filter((number) => number !== to)
              .map((number) => [
                `${number}`,
                number === 0 ? t.plan.empty : t.movie.revision(number),
              ])}
            onChange={(value) => compare({ from: Number(value), to })}
          />
          <Select
            label={t.history.to}
            value={`${to}`}
            options={range(1, latest).map((number) => [`${number}`, t.movie.revision(number)])}
            onChange={(value) => compare({ from, to: Number(value) })}
          />
          {mayPublish && to < latest && (
            <Button onPress={() => setReverting(to)}>{t.history.bringBack(to)}</Button>
          )}
        </div>
        <Comparison id={id} category={category} from={from} to={to} />
      </div>
      {reverting !== null && (
        <BringBack
          id={id}
          title={title}
          category={category}
          revision={reverting}
          onClose={() => setReverting(null)}
        />
      )}
    </div>
  );
}

/** The numbers from the last to the first. */
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => last - at);

function Comparison({
  id,
  category,
  from,
  to,
}: {
  id: string;
  category: Category;
  from: number;
  to: number;
}) {
  const [{ data, error, fetching }, retry] = useQuery({
    query: COMPARE,
    variables: { id, category, from, to },
  });
  const diff = data?.movie?.revisionDiff;
  if (error !== undefined)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  if (!diff || fetching) return <Skeleton />;
  if (diff.changes.length === 0) return <p className="sub">{t.history.nothing}</p>;
  return (
    <>
      <p className="sub num" role="status">
        {from === 0 ? t.history.first : t.history.changes(diff.changes.length)}
      </p>
      <ul className="cards">
        {diff.changes.map((change) => (
          <ChangeCard
            key={`${change.op} ${change.path}`}
            row={{ key: "", change, companions: [], field: fieldOf(change.path) }}
          />
        ))}
      </ul>
    </>
  );
}

interface BringBackProps extends HistoryProps {
  revision: number;
  onClose: () => void;
}

function BringBack({ id, title, category, revision, onClose }: BringBackProps) {
  const [{ fetching }, revert] = useMutation(REVERT);
  const [plan, setPlan] = useState<{ digest: string; count: number } | null>(null);
  const input = { movieId: id, category, revision };

  /** The result of a request; null, with a message, if it was refused. */
  const ask = async (more: { dryRun?: boolean; expectedPlan?: string }) => {
    const { data, error } = await revert({ input: { ...input, ...more } });
    const payload = data?.revertCategory;
    const problem = error === undefined ? payload?.userErrors[0]?.message : explain(error);
    if (problem === undefined && payload !== undefined) return payload;
    showToast(problem ?? t.errors.unknown, { tone: "failed" });
    onClose();
    return null;
  };
  useEffect(() => {
    void ask({ dryRun: true }).then((payload) => {
      if (payload?.plan)
        setPlan({ digest: payload.plan.digest, count: payload.plan.changes.length });
    });
  }, []); // eslint-disable-line react-hooks/exhaustive-deps -- planned once, when the dialog opens

  const confirm = async () => {
    if (plan === null) return;
    // Exactly what the dialog says, or nothing: somebody may publish meanwhile.
    const payload = await ask({ expectedPlan: plan.digest });
    if (payload === null) return;
    onClose();
    showToast(
      t.plan.published(title, t.categories[category], payload.movieExport?.metadata.revision ?? 0),
    );
  };
  return (
    <Dialog title={t.history.bringBackTitle(revision)} isOpen onClose={onClose}>
      <p>{plan === null ? t.common.loading : t.history.bringBackText(plan.count)}</p>
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button
          look="main"
          isBusy={fetching}
          isDisabled={plan === null}
          onPress={() => void confirm()}
        >
          {t.history.bringBack(revision)}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
