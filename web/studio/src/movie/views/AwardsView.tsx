import { t } from "../../messages/index.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";

type Award = DataOf<"Awards">["awards"][number];

const winsFirst = (a: Award, b: Award) =>
  Number(b.result === "WINNER") - Number(a.result === "WINNER");

/** By ceremony and year; the wins of each before the nominations. */
export function AwardsView({ data }: { data: DataOf<"Awards"> }) {
  const groups = Map.groupBy(data.awards, ({ ceremony, year }) => `${year}\n${ceremony}`);
  const sorted = [...groups.values()].sort((a, b) => (b[0]?.year ?? 0) - (a[0]?.year ?? 0));
  return (
    <div className="ceremonies">
      {sorted.map((awards) => {
        const [first] = awards;
        if (first === undefined) return null;
        const wins = awards.filter(({ result }) => result === "WINNER").length;
        return (
          <section key={first.id} className="ceremony">
            <header>
              <h2 dir="auto">{first.ceremony}</h2>
              <span className="sub num">{first.year}</span>
              <span className="sub num ceremony-sum">
                {t.awards.summary(wins, awards.length - wins)}
              </span>
            </header>
            <ul>
              {awards.toSorted(winsFirst).map((award) => (
                <li key={award.id} className={award.result === "WINNER" ? "award won" : "award"}>
                  <span className="award-mark">
                    {award.result === "WINNER" ? (
                      <>
                        <Icon name="trophy" />
                        <span className="visually-hidden">{t.awards.won}</span>
                      </>
                    ) : (
                      <span className="visually-hidden">{t.awards.nominated}</span>
                    )}
                  </span>
                  <div className="names">
                    <span className="name" dir="auto">
                      {award.category}
                      <Origin of={award.id} />
                    </span>
                    {award.nominee !== null && (
                      <span className="sub" dir="auto">
                        {award.nominee}
                      </span>
                    )}
                  </div>
                  {award.notes !== null && (
                    <span className="sub award-notes" dir="auto">
                      {award.notes}
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
