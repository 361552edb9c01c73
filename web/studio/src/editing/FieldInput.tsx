// The input of a field: what it is for, its value, and what is wrong with it.
import { useId, type ReactNode } from "react";
import { t } from "../messages/index.ts";
import { Select, TextField } from "../ui/controls.tsx";
import { problemOf, type Problem } from "./check.ts";
import { normalise, textOf } from "./edits.ts";
import type { Field } from "./fields.ts";
import { NamesInput } from "./NamesInput.tsx";
import { nameOf, problemText, texts } from "./texts.ts";

interface FieldInputProps {
  field: Exclude<Field, { kind: "items" }>;
  value: unknown;
  onChange: (value: unknown) => void;
  /** What is wrong beside the value itself, for example that one of two fields is needed. */
  problem?: Problem | undefined;
  /** Missing values are reported too. */
  isAsked: boolean;
}

/** Texts that may be longer than this have an input of several lines. */
const LINE = 500;

export function FieldInput({ field, value, onChange, problem, isAsked }: FieldInputProps) {
  const label = nameOf(field.name);
  const hint = field.isRequired ? `${field.hint} ${texts.needed}`.trim() : field.hint;
  const found = problem ?? problemOf(field, value);
  const isMissing = found?.kind === "required" || found?.kind === "oneOf";
  const error = found === null || (isMissing && !isAsked) ? null : problemText(found);
  switch (field.kind) {
    case "choice":
      return (
        <WithHint hint={hint} error={error}>
          <Select
            label={label}
            value={typeof value === "string" ? value : ""}
            options={[
              ["", texts.notFilled],
              ...field.values.map((each) => [each, choiceName(each)] as const),
            ]}
            onChange={(chosen) => onChange(chosen === "" ? null : chosen)}
          />
        </WithHint>
      );
    case "boolean":
      return (
        <WithHint hint={hint} error={error}>
          <Select
            label={label}
            value={typeof value === "boolean" ? (`${value}` as const) : ""}
            options={[
              ["", texts.notFilled],
              ["true", texts.yes],
              ["false", texts.no],
            ]}
            onChange={(chosen) => onChange(chosen === "" ? null : chosen === "true")}
          />
        </WithHint>
      );
    case "names":
      return (
        <NamesInput
          label={label}
          hint={hint}
          error={error}
          names={(normalise(field, value) ?? []) as string[]}
          onChange={onChange}
        />
      );
    default: {
      const text = textOf(value);
      if (field.kind === "text" && (field.maxLength ?? 0) > LINE && field.format === undefined)
        return (
          <LongText label={label} hint={hint} error={error} value={text} onChange={onChange} />
        );
      return (
        <TextField
          label={label}
          value={text}
          hint={hint}
          error={error}
          isRequired={field.isRequired}
          autoComplete="off"
          {...(field.kind === "number"
            ? { inputMode: field.isInteger ? "numeric" : "decimal" }
            : {})}
          onChange={onChange}
        />
      );
    }
  }
}

/** The word for a value of a fixed list. */
function choiceName(value: string): string {
  const key = value.toUpperCase().replaceAll("-", "_");
  const names: Record<string, string> = {
    ...t.statuses,
    ...t.media.kinds,
    ...t.streaming.types,
    WINNER: t.awards.won,
    NOMINEE: t.awards.nominated,
  };
  return names[key] ?? value.replaceAll("_", " ");
}

interface LongTextProps {
  label: string;
  hint: string;
  error: string | null;
  value: string;
  onChange: (value: string) => void;
}

function LongText({ label, hint, error, value, onChange }: LongTextProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input"
        dir="auto"
        value={value}
        aria-describedby={`${id}-notes`}
        aria-invalid={error !== null}
        onChange={(event) => onChange(event.target.value)}
      />
      <Notes id={`${id}-notes`} hint={hint} error={error} />
    </div>
  );
}

interface WithHintProps {
  hint: string;
  error: string | null;
  children: ReactNode;
}

const WithHint = ({ hint, error, children }: WithHintProps) => (
  <div className="field">
    {children}
    <Notes hint={hint} error={error} />
  </div>
);

function Notes({ id, hint, error }: { id?: string; hint: string; error: string | null }) {
  return (
    <div {...(id === undefined ? {} : { id })}>
      {hint !== "" && <p className="sub">{hint}</p>}
      {error !== null && <p className="field-error">{error}</p>}
    </div>
  );
}
