// Search, filters and order. What narrows the list is shown as chips that can be removed.
import { useCallback, useState, type RefObject } from "react";
import { useQuery } from "urql";
import type { ReleaseStatus } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Chips as ChipList } from "../ui/Chips.tsx";
import { Select } from "../ui/controls.tsx";
import { SearchField as Field } from "../ui/SearchField.tsx";
import { GENRES } from "./queries.ts";
import { isFiltered, SORTS, STATUSES, type CatalogueSearch, type Sort } from "./search.ts";

const DECADE_START = 1880;

interface FiltersProps {
  search: CatalogueSearch;
  onChange: (change: { [Key in keyof CatalogueSearch]?: CatalogueSearch[Key] | undefined }) => void;
  field: RefObject<HTMLInputElement | null>;
}

export function SearchField({ search, onChange, field }: FiltersProps) {
  const send = useCallback(
    (text: string) => onChange({ q: text === "" ? undefined : text }),
    [onChange],
  );
  return (
    <Field
      label={t.catalogue.search}
      value={search.q ?? ""}
      onChange={send}
      field={field}
      shortcut="/"
    />
  );
}

export function Filters({ search, onChange }: Omit<FiltersProps, "field">) {
  const [{ data }] = useQuery({ query: GENRES });
  const names = (data?.genres.nodes ?? [])
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b));
  const genres: [string, string][] = names.map((name) => [name, name]);
  if (search.genre !== undefined && !names.includes(search.genre))
    genres.unshift([search.genre, search.genre]);
  return (
    <div className="filters" role="group" aria-label={t.catalogue.filters}>
      <Select
        isBare
        label={t.catalogue.genre}
        value={search.genre ?? ""}
        options={[["", t.catalogue.anyGenre], ...genres]}
        onChange={(genre) => onChange({ genre: genre === "" ? undefined : genre })}
      />
      <Select<ReleaseStatus | "">
        isBare
        label={t.catalogue.status}
        value={search.status ?? ""}
        options={[
          ["", t.catalogue.anyStatus],
          ...STATUSES.map((each) => [each, t.statuses[each]] as const),
        ]}
        onChange={(status) => onChange({ status: status === "" ? undefined : status })}
      />
      <YearField
        label={t.catalogue.from}
        value={search.from}
        onChange={(from) => onChange({ from })}
      />
      <YearField label={t.catalogue.to} value={search.to} onChange={(to) => onChange({ to })} />
      <Select<Sort>
        isBare
        label={t.catalogue.sort}
        value={search.sort ?? SORTS[0]}
        options={SORTS.map((each) => [each, t.catalogue.sorts[each]])}
        onChange={(sort) => onChange({ sort: sort === SORTS[0] ? undefined : sort })}
      />
    </div>
  );
}

interface YearFieldProps {
  label: string;
  value: number | undefined;
  onChange: (year: number | undefined) => void;
}

/** A year that counts once it has four digits. */
function YearField({ label, value, onChange }: YearFieldProps) {
  const [text, setText] = useState(value === undefined ? "" : `${value}`);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setText(value === undefined ? "" : `${value}`);
  }
  return (
    <label>
      <span className="visually-hidden">{label}</span>
      <input
        className="input year num"
        inputMode="numeric"
        maxLength={4}
        value={text}
        placeholder={label}
        onChange={(event) => {
          const digits = event.target.value.replace(/\D/g, "");
          setText(digits);
          if (digits === "") onChange(undefined);
          else if (digits.length === 4 && Number(digits) >= DECADE_START) onChange(Number(digits));
        }}
      />
    </label>
  );
}

/** The filters that are on, each with a button that removes it. */
export function Chips({ search, onChange }: Omit<FiltersProps, "field">) {
  if (!isFiltered(search)) return null;
  const missing = search.missing ?? [];
  const chips: [string, Parameters<FiltersProps["onChange"]>[0]][] = missing.map((category) => {
    const rest = missing.filter((each) => each !== category);
    return [
      t.catalogue.missing(t.categories[category]),
      { missing: rest.length === 0 ? undefined : rest },
    ];
  });
  if (search.q !== undefined) chips.push([`“${search.q}”`, { q: undefined }]);
  if (search.genre !== undefined) chips.push([search.genre, { genre: undefined }]);
  if (search.status !== undefined) chips.push([t.statuses[search.status], { status: undefined }]);
  if (search.from !== undefined) chips.push([`${search.from}–`, { from: undefined }]);
  if (search.to !== undefined) chips.push([`–${search.to}`, { to: undefined }]);
  const none = {
    q: undefined,
    missing: undefined,
    genre: undefined,
    status: undefined,
    from: undefined,
    to: undefined,
  };
  return <ChipList chips={chips} onRemove={onChange} onClear={() => onChange(none)} />;
}
