// One change of a plan or of a revision.
import type { ReactNode } from "react";
import { isObject, type ChangeRow } from "./rows.ts";
import type { Change } from "./types.ts";
import { Difference, fieldsOf, Item, textOf } from "./Value.tsx";
import "./plan.css";

const MEANING = { ADD: "add", UPDATE: "change", REMOVE: "remove" } as const;

interface ChangeCardProps {
  row: ChangeRow;
  meaning?: "add" | "change" | "remove" | "conflict";
  isOff?: boolean;
  control?: ReactNode;
  children?: ReactNode;
}

export function ChangeCard({ row, meaning, isOff = false, control, children }: ChangeCardProps) {
  const { change } = row;
  return (
    <li className={`card tone-${meaning ?? MEANING[change.op]} ${isOff ? "off" : ""}`}>
      {control}
      <div className="card-body">
        <h3 dir="auto">{titleOf(row)}</h3>
        {children ?? <ChangeBody change={change} />}
      </div>
    </li>
  );
}

/** "Cast: Ryan Gosling › character". */
export function titleOf({ change, field }: Pick<ChangeRow, "change" | "field">): string {
  const label = change.label.replaceAll("_", " ");
  const name = label.charAt(0).toUpperCase() + label.slice(1);
  return field === undefined ? name : `${name} › ${field.replaceAll("_", " ")}`;
}

/** The title with what an item says, for a control that is read out without the card. */
export function fullTitleOf(row: Pick<ChangeRow, "change" | "field">): string {
  const item = isObject(row.change.after) ? row.change.after : row.change.before;
  const fields = isObject(item)
    ? fieldsOf(item, row.change.label).map(([, value]) => textOf(value))
    : [];
  return [titleOf(row), ...fields].join(", ").slice(0, LONGEST_TITLE);
}

const LONGEST_TITLE = 160;

function ChangeBody({ change }: { change: Change }) {
  const { before, after, label } = change;
  // The order of a list: its label says so, and ids tell a person nothing.
  if (Array.isArray(before) && Array.isArray(after)) return null;
  if (before === null && isObject(after)) return <Item item={after} label={label} />;
  if (after === null && isObject(before)) return <Item item={before} label={label} />;
  // An entry of a list of names, such as a genre.
  const isEntry = /\/\d+$/.test(change.path);
  return isEntry ? null : <Difference before={before} after={after} />;
}
