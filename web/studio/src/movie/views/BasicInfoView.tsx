import { dollars, partialDate } from "../../messages/format.ts";
import { t } from "../../messages/index.ts";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";

type Name = Exclude<keyof DataOf<"BasicInfo">, "__typename">;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const outOf = (most: number) => (value: number) => `${t.number(value)} / ${most}`;

export function BasicInfoView({ data }: { data: DataOf<"BasicInfo"> }) {
  const text = (name: Name, show?: (value: never) => string) => {
    const value = data[name];
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    return (
      <div className="fact" key={name}>
        <dt>{t.basic[name]}</dt>
        <dd dir="auto">
          {isEmpty ? (
            <span className="sub">{t.basic.missing}</span>
          ) : (
            <>
              {show === undefined
                ? String(Array.isArray(value) ? value.join(", ") : value)
                : show(value as never)}
              <Origin of={`/${snake(name)}`} />
            </>
          )}
        </dd>
      </div>
    );
  };
  return (
    <div className="basic">
      {(data.tagline !== null || data.overview !== null) && (
        <div className="prose">
          {data.tagline !== null && (
            <p className="tagline" dir="auto">
              {data.tagline}
              <Origin of="/tagline" />
            </p>
          )}
          {data.overview !== null && (
            <p dir="auto">
              {data.overview}
              <Origin of="/overview" />
            </p>
          )}
        </div>
      )}
      <div className="fact-groups">
        <section>
          <h2>{t.movie.facts}</h2>
          <dl>
            {text("title")}
            {text("originalTitle")}
            {text("genres")}
            {text("language")}
            {text("country")}
            {text("imdbId")}
          </dl>
        </section>
        <section>
          <h2>{t.basic.release}</h2>
          <dl>
            {text("status", (value: keyof typeof t.statuses) => t.statuses[value])}
            {text("year")}
            {text("releaseDate", (value: string) => partialDate(value))}
            {text("runtime", (value: number) => t.catalogue.minutes(value))}
            {text("rating")}
          </dl>
        </section>
        <section>
          <h2>{t.basic.scores}</h2>
          <dl>
            {text("imdbRating", outOf(10))}
            {text("criticsScore", outOf(100))}
            {text("rottenTomatoesScore", outOf(100))}
            {text("siteScore", outOf(100))}
          </dl>
        </section>
        <section>
          <h2>{t.basic.money}</h2>
          <dl>
            {text("budget", dollars)}
            {text("revenue", dollars)}
          </dl>
        </section>
      </div>
    </div>
  );
}
