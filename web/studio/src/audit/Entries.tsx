// The rows of the audit log. A row opens in place, with everything that its entry says.
import { Link } from "@tanstack/react-router";
import { Fragment, useState, type ReactNode } from "react";
import { slugOf } from "../catalogue/categories.ts";
import { keyOf } from "../jobs/facts.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import type { AuditEntry } from "./queries.ts";
import type { AuditChange } from "./search.ts";
import { texts } from "./texts.ts";

interface EntriesProps {
  entries: AuditEntry[];
  onChange: (change: AuditChange) => void;
}

const TONES: Record<AuditEntry["outcome"], string> = {
  SUCCEEDED: "",
  REJECTED: "change",
  UNAUTHENTICATED: "remove",
  FORBIDDEN: "remove",
  RATE_LIMITED: "remove",
  FAILED: "remove",
};

export function Entries({ entries, onChange }: EntriesProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const { columns } = texts;
  return (
    <table className="rows entries">
      <thead>
        <tr>
          <th scope="col">{columns.at}</th>
          <th scope="col">{columns.what}</th>
          <th scope="col">{columns.target}</th>
          <th scope="col">{columns.who}</th>
          <th scope="col">{columns.outcome}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const isOpen = open.has(entry.id);
          return (
            <Fragment key={entry.id}>
              <Row entry={entry} isOpen={isOpen} onToggle={() => toggle(entry.id)} />
              {isOpen && (
                <tr className="entry-details" id={`details-${entry.id}`}>
                  <td colSpan={5}>
                    <Details entry={entry} onChange={onChange} />
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

interface RowProps {
  entry: AuditEntry;
  isOpen: boolean;
  onToggle: () => void;
}

function Row({ entry, isOpen, onToggle }: RowProps) {
  const { id, at, operation, category, detail, outcome, count } = entry;
  const what = texts.operations[operation];
  return (
    <tr className={isOpen ? "open" : undefined}>
      <td className="num">
        <button
          type="button"
          className="entry-toggle"
          aria-expanded={isOpen}
          {...(isOpen ? { "aria-controls": `details-${id}` } : {})}
          aria-label={texts.details(what, when(at))}
          onClick={onToggle}
        >
          <span title={exactly(at)}>{when(at)}</span>
        </button>
      </td>
      <td>
        {what}
        {detail !== null && (
          <span className="sub" dir="auto">
            {detail}
          </span>
        )}
      </td>
      <td>
        <Target entry={entry} />
        {category !== null && <span className="sub">{t.categories[category]}</span>}
      </td>
      <td>
        <Who entry={entry} />
      </td>
      <td>
        {outcome === "SUCCEEDED" ? (
          <span className="sub">{texts.outcomes.SUCCEEDED}</span>
        ) : (
          <span className={`tag ${TONES[outcome]}`}>{texts.outcomes[outcome]}</span>
        )}
        {count > 1 && <span className="sub num">{texts.times(count)}</span>}
      </td>
    </tr>
  );
}

function Who({ entry: { email, via, address } }: { entry: AuditEntry }) {
  return (
    <>
      <span className="breakable">
        <bdi>{email ?? (via === "COMMAND_LINE" ? texts.commandLine : texts.nobody)}</bdi>
      </span>
      {address !== null && <span className="sub num">{address}</span>}
    </>
  );
}

/** What the attempt was about, as a link if there is a page of it. */
function Target({ entry: { targetKind, targetId, category } }: { entry: AuditEntry }) {
  if (targetKind === null || targetId === null) return null;
  switch (targetKind) {
    case "MOVIE":
      return (
        <Link
          to="/movies/$id/$category"
          params={{ id: targetId, category: slugOf(category ?? "BASIC_INFO") }}
          className="row-link"
        >
          <bdi>{targetId}</bdi>
        </Link>
      );
    case "USER":
      return (
        <Link to="/accounts/$id" params={{ id: targetId }} className="row-link">
          {texts.targets.USER}
        </Link>
      );
    case "JOB":
      return (
        <Link to="/jobs/$id" params={{ id: keyOf(targetId) }} className="row-link">
          {texts.targets.JOB}
        </Link>
      );
    case "SESSION":
    case "TOKEN":
      return texts.targets[targetKind];
    default:
      return texts.of(texts.targets[targetKind], targetId);
  }
}

function Details({ entry, onChange }: { entry: AuditEntry; onChange: EntriesProps["onChange"] }) {
  const { fields } = texts;
  const { accountId, email, targetId, targetKind, address } = entry;
  return (
    <dl className="entry-fields">
      <Field name={fields.at}>{exactly(entry.at)}</Field>
      <Field name={fields.account}>
        {accountId !== null && (
          <>
            {email} <code>{accountId}</code>
            <Only onPress={() => onChange({ account: accountId })}>{texts.onlyAccount}</Only>
          </>
        )}
      </Field>
      <Field name={fields.credential}>
        {texts.credentials[entry.credential]} <code>{entry.credentialId}</code>
      </Field>
      <Field name={fields.via}>{texts.interfaces[entry.via]}</Field>
      <Field name={fields.address}>
        {address !== null && (
          <>
            {address}
            <Only onPress={() => onChange({ address })}>{texts.onlyAddress}</Only>
          </>
        )}
      </Field>
      <Field name={fields.target}>
        {targetKind !== null && targetId !== null && (
          <>
            {texts.targets[targetKind]} <code>{targetId}</code>
            <Only onPress={() => onChange({ target: targetId })}>{texts.onlyTarget}</Only>
          </>
        )}
      </Field>
      <Field name={fields.detail}>{entry.detail}</Field>
      <Field name={fields.code}>{entry.code}</Field>
      <Field name={fields.count}>{entry.count > 1 ? t.number(entry.count) : null}</Field>
      <Field name={fields.request}>{entry.requestId}</Field>
      <Field name={fields.import}>{entry.importId}</Field>
      <Field name={fields.id}>{entry.id}</Field>
    </dl>
  );
}

/** A field of an entry; nothing if it has no value. */
function Field({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === false) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

const Only = ({ onPress, children }: { onPress: () => void; children: ReactNode }) => (
  <button type="button" className="link only" onClick={onPress}>
    {children}
  </button>
);
