// A value of a plan, as a person reads it.
import { t } from "../messages/index.ts";
import { Picture } from "../ui/Picture.tsx";
import { isObject } from "./rows.ts";
import { compareWords } from "./words.ts";

const HIDDEN = /^(id|credit_id|.*_id)$/;
const PICTURE = /\.(jpe?g|png|webp|avif|gif|svg)(\?|$)/i;

const nameOf = (field: string) => field.replaceAll("_", " ");

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return t.plan.empty;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "✓" : "–";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (isObject(value))
    return fieldsOf(value)
      .map(([, each]) => textOf(each))
      .join(", ");
  return JSON.stringify(value);
}

/** What an item says besides ids and what its label has already said. */
export function fieldsOf(item: Record<string, unknown>, label = ""): [string, unknown][] {
  return Object.entries(item).filter(
    ([name, value]) =>
      !HIDDEN.test(name) &&
      value !== null &&
      !(typeof value === "string" && value.length < 80 && label.endsWith(value)),
  );
}

export function Value({ value }: { value: unknown }) {
  const isPicture = typeof value === "string" && /^https?:/.test(value) && PICTURE.test(value);
  return (
    <>
      {isPicture && <Picture url={value} alt="" className="plan-picture" />}
      <span dir="auto" className={value === null ? "sub" : undefined}>
        {textOf(value)}
      </span>
    </>
  );
}

/** The old value beside the new one; in texts, the words that differ are marked. */
export function Difference({ before, after }: { before: unknown; after: unknown }) {
  if (typeof before === "string" && typeof after === "string" && !/^https?:/.test(after)) {
    const segments = compareWords(before, after);
    const isWhole = segments.every(({ kind }) => kind !== "same");
    if (!isWhole) {
      return (
        <p className="difference" dir="auto">
          {segments.map(({ kind, text }, at) =>
            kind === "same" ? (
              <span key={at}>{text}</span>
            ) : kind === "removed" ? (
              <del key={at}>{text}</del>
            ) : (
              <ins key={at}>{text}</ins>
            ),
          )}
        </p>
      );
    }
  }
  return (
    <dl className="values">
      {before !== null && (
        <div>
          <dt>{t.plan.currently}</dt>
          <dd>
            <del>
              <Value value={before} />
            </del>
          </dd>
        </div>
      )}
      <div>
        <dt>{t.plan.becomes}</dt>
        <dd>
          {after === null ? (
            <span className="sub">{t.plan.empty}</span>
          ) : (
            <ins>
              <Value value={after} />
            </ins>
          )}
        </dd>
      </div>
    </dl>
  );
}

/** The fields of an item that is added or removed. */
export function Item({ item, label }: { item: Record<string, unknown>; label: string }) {
  const fields = fieldsOf(item, label);
  if (fields.length === 0) return null;
  return (
    <dl className="item-fields">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{nameOf(name)}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
