// Who a name means: the candidates, somebody new, or nobody.
import { Fragment } from "react";
import { t } from "../messages/index.ts";
import type { Match, Resolution } from "./types.ts";
import "./plan.css";

const LIKELY = 0.75;
const POSSIBLE = 0.4;
/** How likely a candidate is, in a word. */
export const scoreOf = (score: number) =>
  score >= LIKELY
    ? t.plan.scores.high
    : score >= POSSIBLE
      ? t.plan.scores.middle
      : t.plan.scores.low;

/** Where a name stands in the document: "Producers" for /producers/0/name. */
const listOf = (path: string) => (path.split("/")[1] ?? "").replaceAll("_", " ");

interface AskCardProps {
  match: Match;
  chosen: Resolution | undefined;
  onChoose: (choice: Resolution) => void;
}

export function AskCard({ match, chosen, onChoose }: AskCardProps) {
  const option = (
    key: string,
    isChecked: boolean,
    choice: Resolution,
    name: string,
    note: string,
  ) => (
    <label key={key} className="candidate">
      <input type="radio" name={match.path} checked={isChecked} onChange={() => onChoose(choice)} />
      <span className="names">
        <span className="name" dir="auto">
          {name}
        </span>
        <span className="sub" dir="auto">
          {note}
        </span>
      </span>
    </label>
  );
  const list = listOf(match.path);
  return (
    <li className="card tone-ask">
      <div className="card-body">
        <h3 dir="auto">
          {list.charAt(0).toUpperCase() + list.slice(1)}: {match.given}
        </h3>
        <fieldset className="candidates">
          <legend className="visually-hidden">{t.plan.given(match.given)}</legend>
          {match.candidates.map(({ entityId, name, score, knownFor }) => {
            const isChecked =
              chosen !== undefined && "entityId" in chosen && chosen.entityId === entityId;
            const known = knownFor.length > 0 ? t.plan.candidate(knownFor.join(", ")) : entityId;
            return (
              <Fragment key={entityId}>
                {option(entityId, isChecked, { entityId }, name, `${known} · ${scoreOf(score)}`)}
              </Fragment>
            );
          })}
          {option(
            "new",
            chosen !== undefined && "createNew" in chosen,
            { createNew: true },
            t.plan.makeNew,
            t.plan.makeNewHint,
          )}
          {option(
            "skip",
            chosen !== undefined && "skip" in chosen,
            { skip: true },
            t.plan.leaveOut,
            t.plan.leaveOutHint,
          )}
        </fieldset>
      </div>
    </li>
  );
}
