// The groups of a plan, in the order in which they matter: what is wrong, what needs an answer,
// what is lost, what changes, what is new; then what was kept or repaired, folded.
import { useState, type ReactNode } from "react";
import { t } from "../messages/index.ts";
import { ChangeCard, fullTitleOf, titleOf } from "../plan/ChangeCard.tsx";
import type { ChangeRow } from "../plan/rows.ts";
import { AskCard, scoreOf } from "../plan/AskCard.tsx";
import { Value } from "../plan/Value.tsx";
import { Button } from "../ui/controls.tsx";
import { lineOf } from "./detect.ts";
import { isChosen, type Payload, type usePlan } from "./usePlan.ts";

type PlanState = ReturnType<typeof usePlan>;
type GroupName = keyof typeof t.plan.groups;

interface PlanGroupsProps {
  plan: PlanState;
  problems: Payload["userErrors"];
  text: string;
  /** How values were read is shown at once. */
  isEdit: boolean;
}

export function PlanGroups({ plan, problems, text, isEdit }: PlanGroupsProps) {
  const { rows, payload, asked } = plan;
  const details = payload?.plan;
  const settled = new Set(asked.keys());
  const named = details?.matches.filter(({ path }) => !settled.has(path)) ?? [];
  const counts: [GroupName, number][] = [
    ["problems", problems.length],
    ["conflicts", rows?.conflicts.length ?? 0],
    ["asks", asked.size],
    ["removed", rows?.removed.length ?? 0],
    ["changed", rows?.changed.length ?? 0],
    ["added", rows?.added.length ?? 0],
    ["locked", details?.skipped.length ?? 0],
    ["kept", details?.notRemoved.length ?? 0],
    ["matched", named.length],
    ["repaired", details?.warnings.length ?? 0],
  ];
  return (
    <div className="groups">
      <Summary counts={counts.filter(([, count]) => count > 0)} />
      {problems.length > 0 && (
        <Group name="problems" count={problems.length}>
          <ul className="cards">
            {problems.map(({ path, code, message }, at) => {
              const line = lineOf(text, path);
              return (
                <li key={at} className="card tone-remove">
                  <div className="card-body">
                    <h3>
                      <code>{path === "" ? t.plan.document : path}</code>
                      {line !== undefined && (
                        <span className="sub num"> · {t.plan.line(line)}</span>
                      )}
                    </h3>
                    <p>{message}</p>
                    {code === "BASE_REQUIRED" && (
                      <Button onPress={plan.takeAsComplete}>{t.importing.modeReplace}</Button>
                    )}
                  </div>
                </li>
              );
            })}
          </ul>
        </Group>
      )}
      {rows !== null && rows.conflicts.length > 0 && (
        <Group name="conflicts" count={rows.conflicts.length}>
          <ul className="cards">
            {rows.conflicts.map((row) => (
              <ConflictCard key={row.key} row={row} plan={plan} />
            ))}
          </ul>
        </Group>
      )}
      {asked.size > 0 && (
        <Group name="asks" count={asked.size}>
          <ul className="cards">
            {[...asked.values()].map((match) => (
              <AskCard
                key={match.path}
                match={match}
                chosen={plan.choices.resolutions.get(match.path)}
                onChoose={(choice) =>
                  plan.setChoices((before) => ({
                    ...before,
                    resolutions: new Map(before.resolutions).set(match.path, choice),
                  }))
                }
              />
            ))}
          </ul>
        </Group>
      )}
      {rows !== null &&
        (["removed", "changed", "added"] as const).map((name) => (
          <ChangeGroup key={name} name={name} rows={rows[name]} plan={plan} />
        ))}
      {details != null && (
        <>
          {details.skipped.length > 0 && (
            <Folded name="locked" count={details.skipped.length}>
              {details.skipped.map(({ path, label, current }) => (
                <li key={path}>
                  <b dir="auto">{label}</b>
                  <span>
                    <Value value={current} />
                  </span>
                </li>
              ))}
            </Folded>
          )}
          {details.notRemoved.length > 0 && (
            <Folded name="kept" count={details.notRemoved.length}>
              {details.notRemoved.map(({ path, label, itemId }) => (
                <li key={path}>
                  {itemId === null ? (
                    <b dir="auto">{label}</b>
                  ) : (
                    <label className="kept-item">
                      <input
                        type="checkbox"
                        aria-label={t.plan.removeKept(label)}
                        checked={plan.choices.removed.has(itemId)}
                        onChange={() =>
                          plan.setChoices((before) => ({
                            ...before,
                            removed: toggled(before.removed, itemId),
                          }))
                        }
                      />
                      <b dir="auto">{label}</b>
                    </label>
                  )}
                </li>
              ))}
            </Folded>
          )}
          {named.length > 0 && (
            <Folded name="matched" count={named.length}>
              {named.map((match) => (
                <li key={match.path}>
                  <b dir="auto">{match.given}</b>
                  <span className="sub">
                    {t.plan.decisions[match.decision]}
                    {match.score !== null && `, ${scoreOf(match.score)}`}
                  </span>
                  {match.candidates.length > 0 && (
                    <Button
                      look="ghost"
                      onPress={() => plan.ask(match)}
                      aria-label={`${t.plan.changeChoice}: ${match.given}`}
                    >
                      {t.plan.changeChoice}
                    </Button>
                  )}
                </li>
              ))}
            </Folded>
          )}
          {details.warnings.length > 0 && (
            <Folded name="repaired" count={details.warnings.length} isOpen={isEdit}>
              {details.warnings.map(({ path, message }, at) => (
                <li key={at}>
                  <code>{path === "" ? t.plan.document : path}</code>
                  <span>{message}</span>
                </li>
              ))}
            </Folded>
          )}
        </>
      )}
    </div>
  );
}

const TONES: Partial<Record<GroupName, string>> = {
  problems: "remove",
  conflicts: "conflict",
  asks: "ask",
  removed: "remove",
  changed: "change",
  added: "add",
};

/** What the plan has, at a glance; each leads to its group. */
function Summary({ counts }: { counts: [GroupName, number][] }) {
  if (counts.length < 2) return null;
  const show = (name: GroupName) => {
    const group = document.getElementById(`group-${name}`);
    if (group instanceof HTMLDetailsElement) group.open = true;
    group?.scrollIntoView({ block: "start" });
    group?.querySelector<HTMLElement>("input, summary, button")?.focus({ preventScroll: true });
  };
  return (
    <ul className="summary">
      {counts.map(([name, count]) => (
        <li key={name}>
          <button
            type="button"
            className={`summary-chip tone-${TONES[name] ?? "quiet"}`}
            onClick={() => show(name)}
          >
            {t.plan.groups[name]} <b className="num">{t.number(count)}</b>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface GroupProps {
  name: GroupName;
  count: number;
  tools?: ReactNode;
  children: ReactNode;
}

function Group({ name, count, tools, children }: GroupProps) {
  return (
    <section className="group" id={`group-${name}`}>
      <header>
        <h2>{t.plan.groups[name]}</h2>
        <span className="sub num">{t.number(count)}</span>
        <span className="sub">{t.plan.notes[name]}</span>
        {tools}
      </header>
      {children}
    </section>
  );
}

interface FoldedProps extends Omit<GroupProps, "tools"> {
  isOpen?: boolean;
}

function Folded({ name, count, isOpen = false, children }: FoldedProps) {
  return (
    <details className="folded" id={`group-${name}`} open={isOpen}>
      <summary>
        <b>{t.plan.groups[name]}</b> <span className="sub num">{t.number(count)}</span>{" "}
        <span className="sub">{t.plan.notes[name]}</span>
      </summary>
      <ul>{children}</ul>
    </details>
  );
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

/** How many changes of a group are in the page at first. */
const FIRST = 100;

function ChangeGroup({
  name,
  rows,
  plan,
}: {
  name: "added" | "changed" | "removed";
  rows: ChangeRow[];
  plan: PlanState;
}) {
  const [isWhole, setWhole] = useState(false);
  if (rows.length === 0) return null;
  const shown = isWhole ? rows : rows.slice(0, FIRST);
  const setAll = (isTaken: boolean) =>
    plan.setChoices((before) => {
      const skipped = new Set(before.skipped);
      rows.forEach(({ key }) => (isTaken ? skipped.delete(key) : skipped.add(key)));
      return { ...before, skipped };
    });
  const tools = rows.length > 1 && (
    <span className="group-tools">
      <Button
        look="ghost"
        onPress={() => setAll(true)}
        aria-label={`${t.plan.groups[name]}: ${t.plan.all}`}
      >
        {t.plan.all}
      </Button>
      <Button
        look="ghost"
        onPress={() => setAll(false)}
        aria-label={`${t.plan.groups[name]}: ${t.plan.none}`}
      >
        {t.plan.none}
      </Button>
    </span>
  );
  return (
    <Group name={name} count={rows.length} tools={tools}>
      <ul className="cards">
        {shown.map((row) => {
          const isTaken = isChosen(row, plan.choices);
          return (
            <ChangeCard
              key={row.key}
              row={row}
              isOff={!isTaken}
              control={
                <label className="tick">
                  <input
                    type="checkbox"
                    checked={isTaken}
                    aria-label={t.plan.take(fullTitleOf(row))}
                    onChange={() =>
                      plan.setChoices((before) => ({
                        ...before,
                        skipped: toggled(before.skipped, row.key),
                      }))
                    }
                  />
                </label>
              }
            />
          );
        })}
      </ul>
      {shown.length < rows.length && (
        <Button look="ghost" onPress={() => setWhole(true)}>
          {t.plan.showMore(rows.length - shown.length)}
        </Button>
      )}
    </Group>
  );
}

function ConflictCard({ row, plan }: { row: ChangeRow; plan: PlanState }) {
  const { conflict, key } = row;
  if (conflict === undefined) return null;
  const choose = (choice: "current" | "imported") =>
    plan.setChoices((before) => ({
      ...before,
      conflicts: new Map(before.conflicts).set(key, choice),
    }));
  const option = (choice: "current" | "imported", name: string, value: unknown) => (
    <label>
      <span className="choice-head">
        <input
          type="radio"
          name={key}
          checked={plan.choices.conflicts.get(key) === choice}
          onChange={() => choose(choice)}
        />
        {name}
      </span>
      <Value value={value} />
    </label>
  );
  return (
    <ChangeCard row={row} meaning="conflict">
      <fieldset className="three">
        <legend className="visually-hidden">{t.plan.conflict(titleOf(row))}</legend>
        <div className="base">
          <span className="choice-head">{t.plan.base(null)}</span>
          <Value value={conflict.base} />
        </div>
        {option("current", t.plan.current, conflict.current)}
        {option("imported", t.plan.imported, conflict.imported)}
      </fieldset>
    </ChangeCard>
  );
}
