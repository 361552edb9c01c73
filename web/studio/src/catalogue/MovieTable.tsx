// The table of movies. Only the rows in view are in the page.
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Picture } from "../ui/Picture.tsx";
import { Bone } from "../ui/states.tsx";
import { useRowKeys } from "../ui/keys.ts";
import { useSelectRow, type Selection } from "../ui/selection.ts";
import { slugOf } from "./categories.ts";
import { Completeness } from "./Completeness.tsx";
import type { MovieRow } from "./queries.ts";
import type { MovieList } from "./useMovies.ts";

const ROW = 56;
/** How many rows before the end the next page is read. */
const AHEAD = 15;

interface MovieTableProps {
  list: MovieList;
  selection: Selection;
}

export function MovieTable({ list, selection }: MovieTableProps) {
  const { rows, hasMore, isLoading, loadMore } = list;
  const ids = useMemo(() => rows.map(({ id }) => id), [rows]);
  const select = useSelectRow(ids, selection);
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const isEmpty = rows.length === 0;
  useLayoutEffect(() => {
    setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, [isEmpty]);

  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (at) => rows[at]?.id ?? at,
  });
  const visible = virtualizer.getVirtualItems();
  const first = visible[0];
  const last = visible.at(-1);
  const lastIndex = last?.index ?? 0;

  useEffect(() => {
    if (hasMore && !isLoading && lastIndex >= rows.length - AHEAD) loadMore();
  }, [hasMore, isLoading, lastIndex, rows.length, loadMore]);

  useRowKeys(
    rows.length,
    (at) => virtualizer.scrollToIndex(at, { align: "auto" }),
    (at) => {
      const id = rows[at]?.id;
      if (id !== undefined) select(at, !selection.ids.has(id), false);
    },
  );

  const before = first === undefined ? 0 : first.start - top;
  const after = last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - top);
  return (
    <table className="movies" aria-rowcount={list.total + 1} aria-busy={isLoading}>
      <thead>
        <tr>
          <th className="cell-select" scope="col">
            <span className="visually-hidden">{t.catalogue.selectColumn}</span>
          </th>
          <th className="cell-title" scope="col">
            {t.catalogue.columns.title}
          </th>
          <th className="cell-seven" scope="col">
            {t.catalogue.columns.completeness}
          </th>
          <th className="cell-change" scope="col">
            {t.catalogue.columns.change}
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {before > 0 && <tr className="gap" aria-hidden="true" style={{ height: before }} />}
        {visible.map(({ index, key }) => {
          const movie = rows[index];
          return movie === undefined ? null : (
            <Row
              key={key}
              movie={movie}
              index={index}
              isSelected={selection.ids.has(movie.id)}
              onSelect={(isSelected, isRange) => select(index, isSelected, isRange)}
            />
          );
        })}
        {after > 0 && <tr className="gap" aria-hidden="true" style={{ height: after }} />}
      </tbody>
    </table>
  );
}

interface RowProps {
  movie: MovieRow;
  index: number;
  isSelected: boolean;
  /** With Shift, the rows between this one and the one that was ticked last. */
  onSelect: (isSelected: boolean, isRange: boolean) => void;
}

function Row({ movie, index, isSelected, onSelect }: RowProps) {
  const drafts = (movie.drafts ?? []).map(({ category }) => category);
  const change = lastChange(movie);
  const facts = [
    movie.year,
    movie.basicInfo?.runtime && t.catalogue.minutes(movie.basicInfo.runtime),
  ];
  const original = movie.originalTitle;
  return (
    <tr aria-rowindex={index + 2} className={isSelected ? "selected" : undefined}>
      <td className="cell-select">
        <label>
          <input
            type="checkbox"
            aria-label={t.catalogue.select(movie.title ?? movie.id)}
            checked={isSelected}
            onChange={({ target, nativeEvent }) =>
              onSelect(target.checked, (nativeEvent as MouseEvent).shiftKey)
            }
          />
        </label>
      </td>
      <td className="cell-title">
        <Link
          to="/movies/$id/$category"
          params={{ id: movie.id, category: "basic-info" }}
          className="movie-link"
          data-row={index}
        >
          <Picture url={movie.media?.posterUrl} alt="" className="poster-s" />
          <span className="names">
            <span className="name clamp" dir="auto">
              {movie.title ?? t.catalogue.noTitle}
              {original !== null && original !== movie.title && (
                <span className="sub original" dir="auto">
                  {original}
                </span>
              )}
            </span>
            <span className="sub num">{facts.filter(Boolean).join(" · ") || movie.id}</span>
          </span>
        </Link>
      </td>
      <td className="cell-seven">
        <Completeness present={movie.completeness.present} drafts={drafts} />
        {drafts.length > 0 && <span className="tag ask">{t.catalogue.draft(drafts.length)}</span>}
      </td>
      <td className="cell-change">
        {change !== null && (
          <>
            <Link
              to="/movies/$id/$category"
              params={{ id: movie.id, category: slugOf(change.category) }}
              className="change-link"
              title={exactly(change.at)}
            >
              {t.catalogue.changed(t.categories[change.category], when(change.at))}
            </Link>
            <span className="sub clamp">
              <bdi>{change.by}</bdi>
              {change.source === "LLM_GENERATED" && (
                <span className="tag model">{t.sources.LLM_GENERATED}</span>
              )}
            </span>
          </>
        )}
      </td>
    </tr>
  );
}

function lastChange({ exports }: MovieRow) {
  const changes = exports.flatMap(({ category, metadata: { lastUpdated, updatedBy, source } }) =>
    lastUpdated === null ? [] : [{ category, at: lastUpdated, by: updatedBy, source }],
  );
  return changes.reduce<(typeof changes)[number] | null>(
    (newest, each) => (newest === null || each.at > newest.at ? each : newest),
    null,
  );
}

/** Rows of bars, as many as a page shows. */
export function TableSkeleton() {
  return (
    <div className="movies-skeleton" role="status">
      <span className="visually-hidden">{t.common.loading}</span>
      {Array.from({ length: 10 }, (_, at) => (
        <div key={at} className="movies-bone">
          <span className="picture poster-s" />
          <span className="names">
            <Bone width={120 + ((at * 53) % 110)} />
            <Bone width={72} />
          </span>
        </div>
      ))}
    </div>
  );
}
