// A person: names, ids, filmography and nominations, and the ways to correct them.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useQuery } from "urql";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { List } from "../ui/List.tsx";
import { PageNotice } from "../ui/PageNotice.tsx";
import { Failure, Skeleton } from "../ui/states.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { Credits, Nominations } from "./Credits.tsx";
import { EditNames } from "./EditNames.tsx";
import { Fact, Facts } from "./Facts.tsx";
import {
  FILMOGRAPHY,
  filmographyOf,
  NOMINATIONS,
  nominationsOf,
  PERSON,
  type Person,
} from "./queries.ts";
import { texts } from "./texts.ts";
import "../ui/tabs.css";
import "./people.css";

const route = getRouteApi("/people/$id");
const PAGE = 50;

export function PersonPage() {
  const { id } = route.useParams();
  const [{ data, error }, retry] = useQuery({
    query: PERSON,
    variables: { id },
    requestPolicy: "cache-and-network",
  });
  const person = data?.person;
  useTitle(person?.name ?? id);
  if (person) return <PersonView key={person.id} person={person} />;
  if (error !== undefined)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  return person === undefined ? <PageSkeleton /> : <NoEntry kind="people" />;
}

export const PageSkeleton = () => (
  <div className="page">
    <Skeleton />
  </div>
);

export function NoEntry({ kind }: { kind: keyof typeof texts.kinds }) {
  return (
    <PageNotice title={texts.notFoundTitle} to={`/${kind}`} label={texts.kinds[kind]}>
      {texts.notFound}
    </PageNotice>
  );
}

function PersonView({ person }: { person: Person }) {
  const { mayPublish } = useViewer();
  const [isEditing, setEditing] = useState(false);
  const { id, name, totals, knownFor } = person;
  const credits = usePages(FILMOGRAPHY, { id, first: PAGE }, filmographyOf);
  const nominations = usePages(NOMINATIONS, { id, first: PAGE }, nominationsOf);
  return (
    <div className="page names-page">
      <header className="page-bar">
        <Link to="/people" className="back" aria-label={texts.back}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1 dir="auto">{name}</h1>
          <p className="sub num">
            {texts.totals(totals.movies, totals.credits, totals.nominations, totals.wins)}
          </p>
        </div>
        {mayPublish && (
          <>
            <Button onPress={() => setEditing(true)}>{texts.edit}</Button>
            <Link to="/people/$id/compare" params={{ id }} className="button">
              {texts.merge}
            </Link>
            <Link to="/people/$id/split" params={{ id }} className="button">
              {texts.split}
            </Link>
          </>
        )}
      </header>
      <Facts id={id} aliases={person.aliases} externalIds={person.externalIds} isPerson>
        {knownFor.length > 0 && (
          <Fact name={texts.knownFor}>
            <span dir="auto">{knownFor.map((movie) => movie.title ?? movie.id).join(", ")}</span>
          </Fact>
        )}
      </Facts>
      <Section title={texts.filmography} count={totals.credits}>
        <List list={credits} empty={<p className="sub">{texts.filmographyNone}</p>}>
          {(entries) => <Credits credits={entries} />}
        </List>
      </Section>
      {totals.nominations > 0 && (
        <Section title={texts.nominations} count={totals.nominations}>
          <List list={nominations} empty={null}>
            {(entries) => <Nominations entries={entries} />}
          </List>
        </Section>
      )}
      {isEditing && <EditNames kind="people" entity={person} onClose={() => setEditing(false)} />}
    </div>
  );
}

interface SectionProps {
  title: string;
  count: number;
  children: ReactNode;
}

export function Section({ title, count, children }: SectionProps) {
  return (
    <section className="section">
      <div className="section-head">
        <div>
          <h2>
            {title} <span className="sub num">{t.number(count)}</span>
          </h2>
        </div>
      </div>
      {children}
    </section>
  );
}
