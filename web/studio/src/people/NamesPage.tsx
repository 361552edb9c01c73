// People, ceremonies, platforms and genres: a search as one types, and likely duplicates.
import { Link, useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type {
  CeremoniesQuery,
  GenreListQuery,
  PeopleQuery,
  PlatformsQuery,
} from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { List } from "../ui/List.tsx";
import { SearchField } from "../ui/SearchField.tsx";
import { Notice } from "../ui/states.tsx";
import { usePages, type Pages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { Duplicates } from "./Duplicates.tsx";
import { CEREMONIES, GENRE_LIST, PLATFORMS } from "./entityQueries.ts";
import { KINDS, readNamesSearch, type Kind } from "./kinds.ts";
import { PEOPLE, type PersonRow } from "./queries.ts";
import { texts } from "./texts.ts";
import "../ui/tabs.css";
import "./people.css";

const PAGE = 50;
const peopleOf = (data: PeopleQuery) => data.people;
const ceremoniesOf = (data: CeremoniesQuery) => data.ceremonies;
const platformsOf = (data: PlatformsQuery) => data.platforms;
const genresOf = (data: GenreListQuery) => data.genres;

export function NamesPage() {
  useTitle(texts.title);
  const kind = useRouterState({
    select: ({ location }) => KINDS.find((each) => location.pathname === `/${each}`) ?? "people",
  });
  const { q = "" } = readNamesSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (text: string) =>
      void navigate({
        to: `/${kind}`,
        search: text === "" ? {} : { q: text },
        replace: true,
      }),
    [navigate, kind],
  );
  return (
    <div className="page names-page">
      <div className="page-bar">
        <h1>{texts.title}</h1>
        <SearchField key={kind} label={texts.search[kind]} value={q} onChange={change} />
      </div>
      <nav className="tabs" aria-label={texts.kind}>
        {KINDS.map((each) => (
          <Link
            key={each}
            to={`/${each}`}
            className="tab"
            aria-current={each === kind ? "page" : undefined}
          >
            {texts.kinds[each]}
          </Link>
        ))}
      </nav>
      {kind === "people" ? (
        q.trim() === "" ? (
          <WithoutSearch />
        ) : (
          <People search={q} />
        )
      ) : (
        <Entities kind={kind} search={q} />
      )}
    </div>
  );
}

/** Nobody is listed without a search; whoever may merge people sees whom. */
function WithoutSearch() {
  const { mayDraft } = useViewer();
  return (
    <>
      <Notice title={texts.typeTitle}>{texts.typeText}</Notice>
      {mayDraft && <Duplicates />}
    </>
  );
}

function People({ search }: { search: string }) {
  const list = usePages(PEOPLE, { search, first: PAGE }, peopleOf);
  return (
    <>
      <Found kind="people" list={list} />
      <List list={list} empty={<Notice title={texts.nothingTitle}>{texts.nothingText}</Notice>}>
        {(people) => <PeopleTable people={people} />}
      </List>
    </>
  );
}

function Found({ kind, list }: { kind: Kind; list: Pages<unknown> }) {
  return (
    <p className="sub num names-found" role="status">
      {list.isLoading && list.nodes.length === 0 ? t.common.loading : texts.found[kind](list.total)}
    </p>
  );
}

function PeopleTable({ people }: { people: PersonRow[] }) {
  const { columns } = texts;
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">{columns.name}</th>
          <th scope="col">{columns.knownFor}</th>
          <th scope="col">{columns.movies}</th>
        </tr>
      </thead>
      <tbody>
        {people.map(({ id, name, aliases, knownFor, totals }) => (
          <tr key={id}>
            <td>
              <Link to="/people/$id" params={{ id }} className="row-link" dir="auto">
                {name}
              </Link>
              <Aliases aliases={aliases} />
            </td>
            <td className="sub" dir="auto">
              {knownFor.map((movie) => movie.title ?? movie.id).join(", ")}
            </td>
            <td className="sub num" data-label={columns.movies}>
              {t.number(totals.movies)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Aliases = ({ aliases }: { aliases: string[] }) =>
  aliases.length === 0 ? null : (
    <span className="sub" dir="auto">
      {aliases.join(", ")}
    </span>
  );

interface EntityRow {
  id: string;
  name: string;
  aliases: string[];
  movies: { totalCount: number };
}

function Entities({ kind, search }: { kind: Exclude<Kind, "people">; search: string }) {
  switch (kind) {
    case "ceremonies":
      return <Ceremonies search={search} />;
    case "platforms":
      return <Platforms search={search} />;
    case "genres":
      return <Genres search={search} />;
  }
}

const variablesOf = (search: string) => ({
  filter: search.trim() === "" ? {} : { search },
  first: PAGE,
});

function Ceremonies({ search }: { search: string }) {
  const list = usePages(CEREMONIES, variablesOf(search), ceremoniesOf);
  return <EntityList kind="ceremonies" list={list} isNarrowed={search.trim() !== ""} />;
}

function Platforms({ search }: { search: string }) {
  const list = usePages(PLATFORMS, variablesOf(search), platformsOf);
  return <EntityList kind="platforms" list={list} isNarrowed={search.trim() !== ""} />;
}

function Genres({ search }: { search: string }) {
  const list = usePages(GENRE_LIST, variablesOf(search), genresOf);
  return <EntityList kind="genres" list={list} isNarrowed={search.trim() !== ""} />;
}

interface EntityListProps {
  kind: Exclude<Kind, "people">;
  list: Pages<EntityRow>;
  isNarrowed: boolean;
}

function EntityList({ kind, list, isNarrowed }: EntityListProps) {
  const { columns } = texts;
  return (
    <>
      <Found kind={kind} list={list} />
      <List
        list={list}
        empty={
          isNarrowed ? (
            <Notice title={texts.nothingTitle}>{texts.nothingText}</Notice>
          ) : (
            <Notice title={texts.emptyTitle}>{texts.emptyText}</Notice>
          )
        }
      >
        {(entities) => (
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">{columns.name}</th>
                <th scope="col">{columns.movies}</th>
              </tr>
            </thead>
            <tbody>
              {entities.map(({ id, name, aliases, movies }) => (
                <tr key={id}>
                  <td>
                    <Link to={`/${kind}/$id`} params={{ id }} className="row-link" dir="auto">
                      {name}
                    </Link>
                    <Aliases aliases={aliases} />
                  </td>
                  <td className="sub num" data-label={columns.movies}>
                    {t.number(movies.totalCount)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </List>
    </>
  );
}
