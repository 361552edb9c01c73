// Pairs of people who may be one person, side by side, with the reasons for and against it.
import { Link } from "@tanstack/react-router";
import type { DuplicateReason, DuplicatesQuery } from "../graphql/generated/graphql.ts";
import { List } from "../ui/List.tsx";
import { usePages } from "../ui/usePages.ts";
import { DUPLICATES, type PersonRow } from "./queries.ts";
import { texts } from "./texts.ts";

const PAGE = 20;
const duplicatesOf = (data: DuplicatesQuery) => data.duplicatePeople;
const AGAINST: readonly DuplicateReason[] = ["YEARS_APART", "DIFFERENT_IDS"];

export function Duplicates() {
  const list = usePages(DUPLICATES, { first: PAGE }, duplicatesOf);
  return (
    <section className="section" aria-labelledby="duplicates">
      <div className="section-head">
        <div>
          <h2 id="duplicates">{texts.duplicates}</h2>
          <p className="sub">{texts.duplicatesText}</p>
        </div>
      </div>
      <List list={list} empty={<p className="sub">{texts.duplicatesNone}</p>}>
        {(pairs) => (
          <ul className="pairs">
            {pairs.map(({ first, second, reasons }) =>
              first === null || second === null ? null : (
                <li key={`${first.id} ${second.id}`} className="pair">
                  <Half person={first} />
                  <Half person={second} />
                  <Reasons reasons={reasons} />
                  <Link
                    to="/people/$id/compare"
                    params={{ id: first.id }}
                    search={{ with: second.id }}
                    className="button"
                    aria-label={texts.compareOf(first.name, second.name)}
                  >
                    {texts.compare}
                  </Link>
                </li>
              ),
            )}
          </ul>
        )}
      </List>
    </section>
  );
}

function Half({ person: { id, name, totals, knownFor } }: { person: PersonRow }) {
  return (
    <div className="half">
      <Link to="/people/$id" params={{ id }} className="name link-plain" dir="auto">
        {name}
      </Link>
      <span className="sub num">
        {id} · {texts.movies(totals.movies)}
      </span>
      <span className="sub" dir="auto">
        {knownFor.map((movie) => movie.title ?? movie.id).join(", ")}
      </span>
    </div>
  );
}

/** What speaks for it, and what against, in colours and in this order. */
export function Reasons({ reasons }: { reasons: readonly DuplicateReason[] }) {
  const isAgainst = (reason: DuplicateReason) => AGAINST.includes(reason);
  const sorted = [...reasons.filter((each) => !isAgainst(each)), ...reasons.filter(isAgainst)];
  return (
    <ul className="reasons" aria-label={texts.reasonsOf}>
      {sorted.map((reason) => (
        <li key={reason} className={isAgainst(reason) ? "tag remove" : "tag add"}>
          {isAgainst(reason) ? "−" : "+"} {texts.reasons[reason]}
        </li>
      ))}
    </ul>
  );
}
