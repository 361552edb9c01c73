// The rows of the drafts. Each leads to its draft, from where the next one can be opened.
import { Link } from "@tanstack/react-router";
import { slugOf } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useRowKeys } from "../ui/keys.ts";
import { Picture } from "../ui/Picture.tsx";
import type { Pages } from "../ui/usePages.ts";
import type { DraftRow } from "./queries.ts";
import type { DraftsChange, DraftsSearch } from "./search.ts";
import { texts } from "./texts.ts";

interface TableProps {
  drafts: DraftRow[];
  list: Pages<DraftRow>;
  search: DraftsSearch;
  onChange: (change: DraftsChange) => void;
}

export function DraftTable({ drafts, list, search, onChange }: TableProps) {
  useRowKeys(
    drafts.length,
    (at) => {
      if (list.hasMore && at === drafts.length - 1) list.loadMore();
      document.querySelector(`[data-row="${at}"]`)?.scrollIntoView({ block: "nearest" });
    },
    () => undefined,
  );
  return (
    <>
      <table className="movies drafts" aria-rowcount={list.total + 1} aria-busy={list.isLoading}>
        <thead>
          <tr>
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
            <Row key={draft.id} draft={draft} index={index} search={search} onChange={onChange} />
          ))}
        </tbody>
      </table>
      {!list.hasMore && <p className="sub list-end keys-hint">{texts.keys}</p>}
    </>
  );
}

interface RowProps {
  draft: DraftRow;
  index: number;
  search: DraftsSearch;
  onChange: (change: DraftsChange) => void;
}

function Row({ draft, index, search, onChange }: RowProps) {
  const { movie, category, updatedAt, updatedBy, source } = draft;
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <Link
          to="/movies/$id/$category"
          params={{ id: movie.id, category: slugOf(category) }}
          search={{ stage: "draft" }}
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
