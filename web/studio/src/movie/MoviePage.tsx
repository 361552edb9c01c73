// A movie: its header, a tab for each category, and what can be done with the document.
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef } from "react";
import { useQuery } from "urql";
import { CATEGORIES, readCategory, slugOf } from "../catalogue/categories.ts";
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Icon } from "../ui/Icon.tsx";
import { Picture } from "../ui/Picture.tsx";
import { PageNotice } from "../ui/PageNotice.tsx";
import { Bone, Failure, Notice, Skeleton } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { Actions } from "./Actions.tsx";
import { DiscardNote } from "./DiscardNote.tsx";
import { DraftBar } from "./DraftBar.tsx";
import { HistoryView } from "./HistoryView.tsx";
import { OriginsContext, originsOf } from "./Provenance.tsx";
import { NewsBar } from "./NewsBar.tsx";
import { DOCUMENT, MOVIE, type MovieHeader } from "./queries.ts";
import type { MovieSearch } from "./search.ts";
import { useNews, type News } from "./useNews.ts";
import { DocumentView } from "./views/DocumentView.tsx";
import "../ui/tabs.css";
import "./movie.css";

const Review = lazy(() =>
  import("../drafts/Review.tsx").then(({ Review }) => ({ default: Review })),
);
const EditPage = lazy(() =>
  import("../editing/EditPage.tsx").then(({ EditPage }) => ({ default: EditPage })),
);
const Json = lazy(() => import("../ui/Json.tsx").then(({ Json }) => ({ default: Json })));
const route = getRouteApi("/movies/$id/$category");

export function MoviePage() {
  const { id, category: slug } = route.useParams();
  const search = route.useSearch();
  const viewer = useViewer();
  const category = readCategory(slug);
  const [{ data, error }, retry] = useQuery({
    query: MOVIE,
    variables: { id, withDrafts: viewer.mayDraft },
    requestPolicy: "cache-and-network",
  });
  // While another movie is asked for, the one before may still be here.
  const movie = data?.movie == null || data.movie.id === id ? data?.movie : undefined;
  useTitle(movie?.title ?? id);
  const news = useNews(id);

  if (movie === null || category === undefined) {
    return (
      <PageNotice title={t.movie.notFoundTitle} to="/" label={t.errors.toCatalogue}>
        {t.movie.notFound(id)}
      </PageNotice>
    );
  }
  if (movie === undefined && error !== undefined) {
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  }
  if (search.view === "edit" && viewer.mayDraft && movie !== undefined)
    return (
      <Suspense
        fallback={
          <div className="page">
            <Skeleton />
          </div>
        }
      >
        <EditPage
          key={`${id} ${category}`}
          id={id}
          title={movie.title ?? id}
          category={category}
          stage={stageOf(search, movie, category)}
          news={news}
        />
      </Suspense>
    );
  return (
    <div className="page movie-page">
      <Header id={id} movie={movie} />
      <Tabs id={id} movie={movie} current={category} news={news} />
      <DocumentPanel
        key={`${id} ${category}`}
        id={id}
        movie={movie}
        category={category}
        news={news}
        onReload={() => retry({ requestPolicy: "network-only" })}
      />
    </div>
  );
}

/** The stage that the address asks for: the draft, if there is one. */
function stageOf(search: MovieSearch, movie: MovieHeader | undefined, category: Category): Stage {
  const hasDraft = (movie?.drafts ?? []).some((draft) => draft.category === category);
  return search.stage === "draft" && hasDraft ? "DRAFT" : "PUBLISHED";
}

function Header({ id, movie }: { id: string; movie: MovieHeader | undefined }) {
  const facts = movie && [
    movie.year,
    movie.basicInfo?.runtime && t.catalogue.minutes(movie.basicInfo.runtime),
    movie.basicInfo?.genres.join(", "),
    movie.id,
  ];
  return (
    <header className="movie-head">
      <Link to="/" className="back" aria-label={t.movie.back}>
        <Icon name="back" />
      </Link>
      <Picture url={movie?.media?.posterUrl} alt="" className="poster-m" />
      <div>
        <h1 dir="auto">{movie === undefined ? <Bone width={240} /> : (movie.title ?? id)}</h1>
        {movie?.originalTitle && movie.originalTitle !== movie.title && (
          <p className="sub" dir="auto">
            {movie.originalTitle}
          </p>
        )}
        <p className="sub num">
          {facts === undefined ? <Bone width={180} /> : facts.filter(Boolean).join(" · ")}
        </p>
      </div>
    </header>
  );
}

interface TabsProps {
  id: string;
  movie: MovieHeader | undefined;
  current: Category;
  news: News;
}

/** The categories, as links: each has its address. */
function Tabs({ id, movie, current, news }: TabsProps) {
  const present = movie?.completeness.present ?? [];
  const drafts = (movie?.drafts ?? []).map(({ category }) => category);
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const tab = bar.current?.querySelector<HTMLElement>("[aria-current]");
    if (bar.current === null || tab == null) return;
    bar.current.scrollLeft = tab.offsetLeft - (bar.current.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  return (
    <nav ref={bar} className="tabs" aria-label={t.movie.tabs}>
      {CATEGORIES.map((category) => (
        <Link
          key={category}
          to="/movies/$id/$category"
          params={{ id, category: slugOf(category) }}
          className={movie !== undefined && !present.includes(category) ? "tab empty" : "tab"}
          aria-current={category === current ? "page" : undefined}
          resetScroll={false}
        >
          {t.categories[category]}
          {drafts.includes(category) && (
            <span
              className="dot"
              role="img"
              aria-label={t.movie.draftWaits}
              title={t.movie.draftWaits}
            />
          )}
          {category !== current && news.of.has(category) && (
            <span
              className="dot news"
              role="img"
              aria-label={t.changes.elsewhere}
              title={t.changes.elsewhere}
            />
          )}
        </Link>
      ))}
    </nav>
  );
}

interface PanelProps {
  id: string;
  movie: MovieHeader | undefined;
  category: Category;
  news: News;
  /** Reads the header again, which says what is filled and which drafts wait. */
  onReload: () => void;
}

function DocumentPanel({ id, movie, category, news, onReload }: PanelProps) {
  const viewer = useViewer();
  const search = route.useSearch();
  const draft = (movie?.drafts ?? []).find((each) => each.category === category);
  const stage = stageOf(search, movie, category);
  const [{ data, error, fetching }, retry] = useQuery({
    query: DOCUMENT,
    variables: { id, category, stage, withDetails: viewer.mayDraft },
    requestPolicy: "cache-and-network",
  });
  const found = data?.movieExport;
  const origins = useMemo(() => originsOf(data?.movie ?? null, category), [data?.movie, category]);
  const isFetched = !fetching;
  const { forget } = news;
  const knownOf = news.of.get(category);
  useEffect(() => {
    // The panel was opened, or has read again, after it happened.
    const revision = found?.metadata.revision ?? 0;
    const { published, draft } = knownOf ?? {};
    if (!isFetched || published === undefined || draft !== undefined) return;
    if (stage === "PUBLISHED" && published.revision <= revision) forget(category);
  }, [isFetched, found, knownOf, stage, category, forget]);
  const text = useMemo(() => (found ? JSON.stringify(found.document, null, 2) : ""), [found]);

  // Whether there is a draft is not known before the movie is.
  const isReview = search.stage === "draft" && search.queue !== undefined;
  if (!found || (isReview && movie === undefined)) {
    return error !== undefined && !fetching ? (
      <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />
    ) : (
      <Skeleton />
    );
  }
  const { metadata } = found;
  const show = () => {
    forget(category);
    retry({ requestPolicy: "network-only" });
    onReload();
  };
  const isEmpty = metadata.revision === 0 && stage === "PUBLISHED";
  const title = movie?.title ?? id;
  const content =
    search.view === "json" ? (
      <Suspense fallback={<Skeleton />}>
        <Json text={text} label={`${t.categories[category]}, JSON`} />
      </Suspense>
    ) : search.view === "history" && viewer.mayDraft ? (
      <HistoryView id={id} title={title} category={category} />
    ) : isEmpty ? (
      <Notice title={t.movie.empty(t.categories[category])}>
        {viewer.mayDraft ? t.movie.emptyText : t.movie.emptyReader}
      </Notice>
    ) : (
      <OriginsContext value={origins}>
        <DocumentView data={found.data} />
      </OriginsContext>
    );
  return (
    <div className="document">
      <NewsBar
        news={knownOf}
        deletedBy={news.deletedBy}
        revision={stage === "PUBLISHED" ? metadata.revision : Number.MAX_SAFE_INTEGER}
        onShow={show}
      />
      <div className="document-bar">
        <p className="sub num">
          {metadata.lastUpdated === null ? (
            t.movie.never
          ) : (
            <>
              {t.movie.revision(metadata.revision)}
              {" · "}
              <span title={exactly(metadata.lastUpdated)}>
                <bdi>{metadata.updatedBy}</bdi>, {when(metadata.lastUpdated)}
              </span>
              {metadata.source === "LLM_GENERATED" && (
                <span className="tag model">{t.sources.LLM_GENERATED}</span>
              )}
            </>
          )}
        </p>
        {draft !== undefined && <StageSwitch id={id} category={category} stage={stage} />}
        <ViewSwitch
          id={id}
          category={category}
          withHistory={viewer.mayDraft && metadata.revision > 0}
        />
        <Actions
          id={id}
          title={title}
          year={movie?.year ?? null}
          category={category}
          stage={stage}
          found={found}
        />
      </div>
      {stage === "DRAFT" && draft !== undefined && !isReview && (
        <DraftBar id={id} title={title} draft={draft} />
      )}
      {movie !== undefined && draft === undefined && viewer.mayDraft && (
        <DiscardNote id={id} category={category} lastUpdated={metadata.lastUpdated} />
      )}
      {isReview ? (
        <Suspense fallback={<Skeleton />}>
          <Review
            key={draft?.draftRevision ?? "closed"}
            id={id}
            title={title}
            category={category}
            draft={draft}
            queue={search.queue ?? ""}
            at={search.at}
          >
            {content}
          </Review>
        </Suspense>
      ) : (
        content
      )}
    </div>
  );
}

interface SwitchProps {
  id: string;
  category: Category;
}

function ViewSwitch({ id, category, withHistory }: SwitchProps & { withHistory: boolean }) {
  const { view, stage, queue, at } = route.useSearch();
  const views = [
    [undefined, t.movie.asPage],
    ["json", t.movie.asJson],
    ...(withHistory ? ([["history", t.movie.history]] as const) : []),
  ] as const;
  return (
    <nav className="switch" aria-label={t.movie.view}>
      {views.map(([each, name]) => (
        <Link
          key={name}
          to="/movies/$id/$category"
          params={{ id, category: slugOf(category) }}
          search={{
            ...(stage === undefined ? {} : { stage }),
            ...(queue === undefined ? {} : { queue }),
            ...(at === undefined ? {} : { at }),
            ...(each === undefined ? {} : { view: each }),
          }}
          activeOptions={{ exact: true }}
          aria-current={view === each ? "true" : undefined}
          resetScroll={false}
          replace
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

function StageSwitch({ id, category, stage }: SwitchProps & { stage: "DRAFT" | "PUBLISHED" }) {
  const { view, queue, at } = route.useSearch();
  const kept = {
    ...(view === "json" ? { view } : {}),
    ...(queue === undefined ? {} : { queue }),
    ...(at === undefined ? {} : { at }),
  };
  return (
    <nav className="switch" aria-label={t.movie.stage}>
      {([undefined, "draft"] as const).map((each) => (
        <Link
          key={each ?? ""}
          to="/movies/$id/$category"
          params={{ id, category: slugOf(category) }}
          search={{ ...kept, ...(each === undefined ? {} : { stage: each }) }}
          activeOptions={{ exact: true }}
          aria-current={(stage === "DRAFT") === (each === "draft") ? "true" : undefined}
          resetScroll={false}
          replace
        >
          {each === undefined ? t.movie.published : t.movie.draft}
        </Link>
      ))}
    </nav>
  );
}
