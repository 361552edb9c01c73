// The drafts that wait for an admin.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { slugOf } from "../catalogue/categories.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Picture } from "../ui/Picture.tsx";
import { Failure, Notice, Skeleton } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { DRAFTS } from "./queries.ts";
import "../catalogue/catalogue.css";

const PAGE = 50;
const MOST = 100;

export function DraftsPage() {
  useTitle(t.drafts.title);
  const [first, setFirst] = useState(PAGE);
  const [{ data, error }, retry] = useQuery({
    query: DRAFTS,
    variables: { first },
    requestPolicy: "cache-and-network",
  });
  const drafts = data?.drafts;
  return (
    <div className="page">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.drafts.title}</h1>
          <p className="sub">{t.drafts.lead}</p>
        </div>
      </div>
      {!drafts ? (
        error === undefined ? (
          <Skeleton />
        ) : (
          <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />
        )
      ) : drafts.nodes.length === 0 ? (
        <Notice title={t.drafts.empty}>{t.drafts.emptyText}</Notice>
      ) : (
        <table className="movies drafts">
          <thead>
            <tr>
              <th scope="col">{t.drafts.columns.movie}</th>
              <th scope="col">{t.drafts.columns.category}</th>
              <th scope="col" className="cell-change">
                {t.drafts.columns.when}
              </th>
            </tr>
          </thead>
          <tbody>
            {drafts.nodes.map(({ id, movie, category, updatedAt, updatedBy, source }) => (
              <tr key={id}>
                <td>
                  <Link
                    to="/movies/$id/$category"
                    params={{ id: movie.id, category: slugOf(category) }}
                    search={{ stage: "draft" }}
                    className="movie-link"
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
                <td>{t.categories[category]}</td>
                <td className="cell-change">
                  <span title={exactly(updatedAt)}>{when(updatedAt)}</span>
                  <span className="sub clamp">
                    <bdi>{updatedBy}</bdi>
                    {source === "LLM_GENERATED" && (
                      <span className="tag model">{t.sources.LLM_GENERATED}</span>
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {drafts?.pageInfo.hasNextPage === true && first < MOST && (
        <Button look="ghost" onPress={() => setFirst(MOST)}>
          {t.cast.more(drafts.totalCount)}
        </Button>
      )}
    </div>
  );
}
