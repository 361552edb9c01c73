// The feed of what is published, newest first. What is new is announced above the list, and moves
// nothing until it is asked for.
import { getRouteApi, Link } from "@tanstack/react-router";
import { slugOf } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Button, Select } from "../ui/controls.tsx";
import { RowsSkeleton } from "../ui/List.tsx";
import { Picture } from "../ui/Picture.tsx";
import { Failure, Notice } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import type { Change } from "./queries.ts";
import {
  CATEGORIES,
  CHANGE_KINDS,
  filterOf,
  readChangesSearch,
  type ChangesSearch,
} from "./search.ts";
import { useFeed } from "./useFeed.ts";
import "./changes.css";

const route = getRouteApi("/changes");

export function ChangesPage() {
  useTitle(t.changes.title);
  const search = route.useSearch();
  const feed = useFeed(filterOf(search));
  return (
    <div className="page changes">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.changes.title}</h1>
          <p className="sub">{t.changes.lead}</p>
        </div>
        <p className={`connection ${feed.connection} sub`} role="status">
          {t.changes.states[feed.connection]}
        </p>
      </div>
      <Filters search={search} />
      <div className="fresh" role="status">
        {feed.fresh.length > 0 && (
          <Button look="main" onPress={feed.showFresh}>
            {t.changes.fresh(feed.fresh.length)}
          </Button>
        )}
      </div>
      <Rows feed={feed} isNarrowed={Object.keys(search).length > 0} />
    </div>
  );
}

function Filters({ search }: { search: ChangesSearch }) {
  const navigate = route.useNavigate();
  const change = (part: Record<string, string>) =>
    void navigate({
      search: (before) => readChangesSearch({ ...before, ...part }),
      replace: true,
    });
  return (
    <div className="filters" role="group" aria-label={t.changes.filters}>
      <Select
        isBare
        label={t.changes.kind}
        value={search.kind ?? ""}
        options={[
          ["", t.changes.anyKind],
          ...CHANGE_KINDS.map((each) => [each, t.changes.kinds[each]] as const),
        ]}
        onChange={(kind) => change({ kind })}
      />
      <Select
        isBare
        label={t.changes.category}
        value={search.category ?? ""}
        options={[
          ["", t.changes.anyCategory],
          ...CATEGORIES.map((each) => [each, t.categories[each]] as const),
        ]}
        onChange={(category) => change({ category })}
      />
    </div>
  );
}

function Rows({ feed, isNarrowed }: { feed: ReturnType<typeof useFeed>; isNarrowed: boolean }) {
  const { rows, error, isLoading, hasOlder } = feed;
  if (rows.length === 0) {
    if (error !== null) return <Failure error={error} onRetry={feed.retry} />;
    if (isLoading) return <RowsSkeleton />;
    return (
      <Notice title={isNarrowed ? t.changes.emptyFilteredTitle : t.changes.emptyTitle}>
        {isNarrowed ? t.changes.emptyFiltered : t.changes.emptyText}
      </Notice>
    );
  }
  const { columns } = t.changes;
  return (
    <>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{columns.movie}</th>
            <th scope="col">{columns.what}</th>
            <th scope="col">{columns.who}</th>
            <th scope="col">{columns.when}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((change) => (
            <Row key={change.id} change={change} />
          ))}
        </tbody>
      </table>
      {error !== null && <Failure error={error} onRetry={feed.loadOlder} />}
      {hasOlder && error === null && (
        <p className="list-end">
          <Button look="ghost" isBusy={isLoading} onPress={feed.loadOlder}>
            {t.common.showMore}
          </Button>
        </p>
      )}
    </>
  );
}

function Row({ change }: { change: Change }) {
  const { kind, movieId, movie, category, revision, source, updatedAt, updatedBy } = change;
  const names = (
    <>
      <Picture url={movie?.media?.posterUrl} alt="" className="poster-s" />
      <span className="names">
        <span className="name" dir="auto">
          {movie?.title ?? movieId}
        </span>
        <span className="sub num">{movie?.year}</span>
      </span>
    </>
  );
  return (
    <tr>
      <td>
        {movie === null ? (
          <span className="change-movie">{names}</span>
        ) : (
          <Link
            to="/movies/$id/$category"
            params={{ id: movie.id, category: slugOf(category ?? "BASIC_INFO") }}
            className="change-movie"
          >
            {names}
          </Link>
        )}
      </td>
      <td>
        {category === null ? t.changes.kinds[kind] : t.categories[category]}
        {category !== null && (
          <span className="sub num">
            {t.changes.kinds[kind]}
            {revision !== null && `, ${t.changes.revision(revision)}`}
          </span>
        )}
      </td>
      <td className="breakable">
        <bdi>{updatedBy}</bdi>{" "}
        {source === "LLM_GENERATED" && <span className="tag model">{t.sources.LLM_GENERATED}</span>}
      </td>
      <td className="sub num" title={exactly(updatedAt)}>
        {when(updatedAt)}
      </td>
    </tr>
  );
}
