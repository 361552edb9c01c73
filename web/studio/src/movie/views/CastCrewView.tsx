import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { t } from "../../messages/index.ts";
import { Button } from "../../ui/controls.tsx";
import { Picture } from "../../ui/Picture.tsx";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";

type Data = DataOf<"CastCrew">;

const FIRST = 60;

export function CastCrewView({ data }: { data: Data }) {
  const heads = (["directors", "writers", "producers"] as const).filter(
    (list) => data[list].length > 0,
  );
  return (
    <div className="people-sections">
      {heads.length > 0 && (
        <div className="heads">
          {heads.map((list) => (
            <Section key={list} title={t.cast[list]} count={data[list].length}>
              <People credits={data[list]} note={({ job }) => job} />
            </Section>
          ))}
        </div>
      )}
      {data.cast.length > 0 && (
        <Section title={t.cast.cast} count={data.cast.length}>
          <People credits={data.cast} note={({ character }) => character} isGrid />
        </Section>
      )}
      {data.crew.length > 0 && (
        <Section title={t.cast.crew} count={data.crew.length}>
          <Crew crew={data.crew} />
        </Section>
      )}
    </div>
  );
}

function Section({
  title,
  count,
  children,
}: {
  title: string;
  count: number;
  children: ReactNode;
}) {
  return (
    <section>
      <h2>
        {title} <span className="sub num">{t.number(count)}</span>
      </h2>
      {children}
    </section>
  );
}

interface Person {
  id: string;
  personId: string;
  name: string;
  image: string | null;
}

interface PeopleProps<Credit extends Person> {
  credits: readonly Credit[];
  note: (credit: Credit) => string | null;
  isGrid?: boolean;
}

function People<Credit extends Person>({ credits, note, isGrid = false }: PeopleProps<Credit>) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? credits : credits.slice(0, FIRST);
  return (
    <>
      <ul className={isGrid ? "people grid" : "people"}>
        {shown.map((credit) => (
          <li key={credit.id} className="person">
            <Picture url={credit.image} alt="" className="portrait" icon="person" />
            <span className="names">
              <Link
                to="/people/$id"
                params={{ id: credit.personId }}
                className="name person-link"
                dir="auto"
              >
                {credit.name}
              </Link>
              <span className="sub" dir="auto">
                {note(credit)}
              </span>
            </span>
            <Origin of={credit.id} />
          </li>
        ))}
      </ul>
      {shown.length < credits.length && (
        <Button look="ghost" onPress={() => setWhole(true)}>
          {t.cast.more(credits.length)}
        </Button>
      )}
    </>
  );
}

/** The crew by department, in the order in which departments first appear. */
function Crew({ crew }: { crew: Data["crew"] }) {
  const departments = Map.groupBy(crew, ({ department }) => department ?? t.cast.otherDepartment);
  return (
    <div className="departments">
      {[...departments].map(([department, credits]) => (
        <section key={department}>
          <h3 dir="auto">{department}</h3>
          <People credits={credits} note={({ job }) => job} isGrid />
        </section>
      ))}
    </div>
  );
}
