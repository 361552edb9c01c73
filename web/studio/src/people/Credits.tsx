// The credits and nominations of a person; on the page that splits a person, with boxes to tick.
import { Link } from "@tanstack/react-router";
import { Picture } from "../ui/Picture.tsx";
import type { Credit, Nomination } from "./queries.ts";
import { texts } from "./texts.ts";

export interface Ticks {
  chosen: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

const partOf = ({ character, job, department }: Credit) =>
  [character ?? job, department].filter((each) => each !== null).join(", ");

export function Credits({ credits, ticks }: { credits: Credit[]; ticks?: Ticks }) {
  const { creditColumns: columns } = texts;
  return (
    <table className="rows credits">
      <thead>
        <tr>
          {ticks !== undefined && <td />}
          <th scope="col">{columns.movie}</th>
          <th scope="col">{columns.part}</th>
          <th scope="col">{columns.list}</th>
        </tr>
      </thead>
      <tbody>
        {credits.map((credit) => {
          const { creditId, movie, list } = credit;
          const title = movie?.title ?? movie?.id ?? "";
          const part = partOf(credit);
          return (
            <tr key={creditId}>
              {ticks !== undefined && (
                <td className="tick">
                  <Tick id={creditId} ticks={ticks} what={`${title}, ${part}`} />
                </td>
              )}
              <td>
                {movie !== null && (
                  <Link
                    to="/movies/$id/$category"
                    params={{ id: movie.id, category: "cast-crew" }}
                    className="credit-movie"
                  >
                    <Picture url={movie.media?.posterUrl} alt="" className="poster-s" />
                    <span className="names">
                      <span className="name" dir="auto">
                        {title}
                      </span>
                      <span className="sub num">{movie.year}</span>
                    </span>
                  </Link>
                )}
              </td>
              <td dir="auto">{part}</td>
              <td className="sub">{texts.lists[list]}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Nominations({ entries, ticks }: { entries: Nomination[]; ticks?: Ticks }) {
  return (
    <ul className="nominations">
      {entries.map(({ nominationId, year, category, result, ceremony, movie }) => {
        const title = movie?.title ?? movie?.id ?? "";
        return (
          <li key={nominationId}>
            {ticks !== undefined && (
              <Tick id={nominationId} ticks={ticks} what={`${category}, ${title}`} />
            )}
            <div>
              <span className="name" dir="auto">
                {category}
              </span>{" "}
              {result === "WINNER" && <span className="tag change">{texts.won}</span>}
              <span className="sub" dir="auto">
                {[ceremony?.name, year, title].filter(Boolean).join(" · ")}
              </span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function Tick({ id, ticks, what }: { id: string; ticks: Ticks; what: string }) {
  return (
    <input
      type="checkbox"
      checked={ticks.chosen.has(id)}
      aria-label={texts.take(what)}
      onChange={() => ticks.onToggle(id)}
    />
  );
}
