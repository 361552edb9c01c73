// The rows of the drafts. Each leads to its draft, from where the next one can be opened.
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { slugOf } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useRowKeys } from "../ui/keys.ts";
import { Picture } from "../ui/Picture.tsx";
import { useSelectRow, type Selection, type SelectRow } from "../ui/selection.ts";
import type { Pages } from "../ui/usePages.ts";
import type { DraftRow } from "./queries.ts";
import { queueOf, type DraftsChange, type DraftsSearch } from "./search.ts";
import { seenAs } from "./selection.ts";
import { texts } from "./texts.ts";

interface TableProps {
  drafts: DraftRow[];
  list: Pages<DraftRow>;
  search: DraftsSearch;
  onChange: (change: DraftsChange) => void;
  /** Undefined if the role may not publish drafts. */
  selection?: Selection;
}

const NONE: Selection = { ids: new Set(), set: () => undefined, clear: () => undefined };

export function DraftTable({ drafts, list, search, onChange, selection }: TableProps) {
  const seen = useMemo(() => drafts.map(seenAs), [drafts]);
  const select = useSelectRow(seen, selection ?? NONE);
  const isSelected = (at: number) => selection?.ids.has(seen[at] ?? "") === true;
  useRowKeys(
    drafts.length,
    (at) => {
      if (list.hasMore && at === drafts.length - 1) list.loadMore();
      document.querySelector(`[data-row="${at}"]`)?.scrollIntoView({ block: "nearest" });
    },
    (at) => {
      if (selection !== undefined) select(at, !isSelected(at), false);
    },
  );
  return (
    <>
      <table className="movies drafts" aria-rowcount={list.total + 1} aria-busy={list.isLoading}>
        <thead>
          <tr>
            {selection !== undefined && (
              <th className="cell-select" scope="col">
                <span className="visually-hidden">{texts.columns.select}</span>
              </th>
            )}
            <th scope="col">{texts.columns.movie}</th>
            <th scope="col" className="cell-category">
              {texts.columns.category}
            </th>
            <th scope="col" className="cell-change">
              {texts.columns.when}
            </th>
          </tr>
        </thead>
        <tbody>
          {drafts.map((draft, index) => (
            <Row
              key={draft.id}
              draft={draft}
              index={index}
              search={search}
              onChange={onChange}
              isSelected={selection === undefined ? undefined : isSelected(index)}
              onSelect={select}
            />
          ))}
        </tbody>
      </table>
      {!list.hasMore && (
        <p className="sub list-end keys-hint">
          {selection === undefined ? texts.keys : texts.keysSelect}
        </p>
      )}
    </>
  );
}

interface RowProps {
  /** Undefined if rows cannot be selected. */
  isSelected: boolean | undefined;
  onSelect: SelectRow;
  draft: DraftRow;
  index: number;
  search: DraftsSearch;
  onChange: (change: DraftsChange) => void;
}

function Row({ draft, index, search, onChange, isSelected, onSelect }: RowProps) {
  const { movie, category, updatedAt, updatedBy, source } = draft;
  return (
    <tr aria-rowindex={index + 2} className={isSelected === true ? "selected" : undefined}>
      {isSelected !== undefined && (
        <td className="cell-select">
          <label>
            <input
              type="checkbox"
              aria-label={texts.bulk.select(t.categories[category], movie.title ?? movie.id)}
              checked={isSelected}
              onChange={({ target, nativeEvent }) =>
                onSelect(index, target.checked, (nativeEvent as MouseEvent).shiftKey)
              }
            />
          </label>
        </td>
      )}
      <td>
        <Link
          to="/movies/$id/$category"
          params={{ id: movie.id, category: slugOf(category) }}
          search={{ stage: "draft", queue: queueOf(search), at: draft.cursor }}
          className="movie-link"
          data-row={index}
        >
          <Picture url={movie.media?.posterUrl} alt="" className="poster-s" />
          <span className="names">
            <span className="name clamp" dir="auto">
              {movie.title ?? movie.id}
            </span>
            <span className="sub num">{movie.year}</span>
          </span>
        </Link>
      </td>
      <td className="cell-category">{t.categories[category]}</td>
      <td className="cell-change">
        <span title={exactly(updatedAt)}>{when(updatedAt)}</span>
        <span className="sub">
          {search.author === updatedBy ? (
            <bdi className="clamp">{updatedBy}</bdi>
          ) : (
            <button
              type="button"
              className="only clamp"
              aria-label={texts.onlyAuthor(updatedBy)}
              onClick={() => onChange({ author: updatedBy })}
            >
              <bdi>{updatedBy}</bdi>
            </button>
          )}
          {source === "LLM_GENERATED" && (
            <span className="tag model">{t.sources.LLM_GENERATED}</span>
          )}
        </span>
      </td>
    </tr>
  );
}
