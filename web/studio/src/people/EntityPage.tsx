// A ceremony, a platform or a genre: names, ids, and the movies that name it.
import { Link, useParams, useRouterState } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useQuery } from "urql";
import type {
  CeremonyQuery,
  GenreQuery,
  MoviePageFragment,
  PlatformQuery,
} from "../graphql/generated/graphql.ts";
import { region } from "../messages/format.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { List } from "../ui/List.tsx";
import { Picture } from "../ui/Picture.tsx";
import { Failure } from "../ui/states.tsx";
import { usePages, type Pages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { EditNames } from "./EditNames.tsx";
import { CEREMONY, GENRE, PLATFORM } from "./entityQueries.ts";
import { Fact, Facts } from "./Facts.tsx";
import { NoEntry, PageSkeleton, Section } from "./PersonPage.tsx";
import { texts } from "./texts.ts";
import "../ui/tabs.css";
import "./people.css";

const PAGE = 50;
const ceremonyMovies = (data: CeremonyQuery) => data.ceremony?.movies ?? null;
const platformMovies = (data: PlatformQuery) => data.platform?.movies ?? null;
const genreMovies = (data: GenreQuery) => data.genre?.movies ?? null;
const OTHERS = ["ceremonies", "platforms", "genres"] as const;
type Other = (typeof OTHERS)[number];

export function EntityPage() {
  const { id = "" } = useParams({ strict: false });
  const kind = useRouterState({
    select: ({ location }) =>
      OTHERS.find((each) => location.pathname.startsWith(`/${each}/`)) ?? "genres",
  });
  switch (kind) {
    case "ceremonies":
      return <CeremonyPage id={id} />;
    case "platforms":
      return <PlatformPage id={id} />;
    case "genres":
      return <GenrePage id={id} />;
  }
}

function CeremonyPage({ id }: { id: string }) {
  const variables = { id, first: PAGE };
  const [{ data, error }, retry] = useQuery({ query: CEREMONY, variables });
  const movies = usePages(CEREMONY, variables, ceremonyMovies);
  const entity = data?.ceremony;
  return (
    <EntityView kind="ceremonies" id={id} read={{ entity, error, retry }} movies={movies}>
      {entity?.organization && <Fact name={texts.organization}>{entity.organization}</Fact>}
      {entity?.country && <Fact name={texts.country}>{entity.country}</Fact>}
      {entity !== null && entity !== undefined && entity.languages.length > 0 && (
        <Fact name={texts.languages}>{entity.languages.join(", ")}</Fact>
      )}
    </EntityView>
  );
}

function PlatformPage({ id }: { id: string }) {
  const variables = { id, first: PAGE };
  const [{ data, error }, retry] = useQuery({ query: PLATFORM, variables });
  const movies = usePages(PLATFORM, variables, platformMovies);
  const entity = data?.platform;
  return (
    <EntityView kind="platforms" id={id} read={{ entity, error, retry }} movies={movies}>
      {entity !== null && entity !== undefined && entity.regions.length > 0 && (
        <Fact name={texts.regions}>{entity.regions.map(region).join(", ")}</Fact>
      )}
      {entity?.homePage && (
        <Fact name={texts.homePage}>
          <a className="link" href={entity.homePage} target="_blank" rel="noreferrer">
            {entity.homePage}
          </a>
        </Fact>
      )}
    </EntityView>
  );
}

function GenrePage({ id }: { id: string }) {
  const variables = { id, first: PAGE };
  const [{ data, error }, retry] = useQuery({ query: GENRE, variables });
  const movies = usePages(GENRE, variables, genreMovies);
  return (
    <EntityView
      kind="genres"
      id={id}
      read={{ entity: data?.genre, error, retry }}
      movies={movies}
    />
  );
}

interface Entity {
  id: string;
  name: string;
  aliases: string[];
  externalIds: { source: string; value: string }[];
}

type Movie = MoviePageFragment["nodes"][number];

interface EntityViewProps {
  kind: Other;
  id: string;
  read: {
    entity: Entity | null | undefined;
    error: Parameters<typeof Failure>[0]["error"] | undefined;
    retry: (options: { requestPolicy: "network-only" }) => void;
  };
  movies: Pages<Movie>;
  children?: ReactNode;
}

function EntityView({ kind, id, read, movies, children }: EntityViewProps) {
  const { mayPublish } = useViewer();
  const [isEditing, setEditing] = useState(false);
  const { entity, error } = read;
  useTitle(entity?.name ?? id);
  if (!entity) {
    if (error !== undefined)
      return (
        <Failure error={error} onRetry={() => read.retry({ requestPolicy: "network-only" })} />
      );
    return entity === undefined ? <PageSkeleton /> : <NoEntry kind={kind} />;
  }
  return (
    <div className="page names-page">
      <header className="page-bar">
        <Link to={`/${kind}`} className="back" aria-label={texts.kinds[kind]}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1 dir="auto">{entity.name}</h1>
          <p className="sub num">{texts.movies(movies.total)}</p>
        </div>
        {mayPublish && <Button onPress={() => setEditing(true)}>{texts.edit}</Button>}
      </header>
      <Facts id={entity.id} aliases={entity.aliases} externalIds={entity.externalIds}>
        {children}
      </Facts>
      <Section title={texts.moviesOf} count={movies.total}>
        <List list={movies} empty={<p className="sub">{texts.moviesNone}</p>}>
          {(nodes) => <Movies movies={nodes} />}
        </List>
      </Section>
      {isEditing && <EditNames kind={kind} entity={entity} onClose={() => setEditing(false)} />}
    </div>
  );
}

const Movies = ({ movies }: { movies: Movie[] }) => (
  <ul className="movie-list">
    {movies.map(({ id, title, year, media }) => (
      <li key={id}>
        <Link to="/movies/$id" params={{ id }} className="credit-movie">
          <Picture url={media?.posterUrl} alt="" className="poster-s" />
          <span className="names">
            <span className="name" dir="auto">
              {title ?? id}
            </span>
            <span className="sub num">{year}</span>
          </span>
        </Link>
      </li>
    ))}
  </ul>
);
