// Which drafts are listed: by category, source and author.
import { useCallback } from "react";
import { useQuery } from "urql";
import { CATEGORIES } from "../catalogue/categories.ts";
import type { Category, Source } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Chips } from "../ui/Chips.tsx";
import { Select } from "../ui/controls.tsx";
import { useTyped } from "../ui/useTyped.ts";
import { DRAFT_COUNTS } from "./queries.ts";
import { SOURCES, type DraftsChange, type DraftsSearch } from "./search.ts";
import { texts } from "./texts.ts";

interface FiltersProps {
  search: DraftsSearch;
  onChange: (change: DraftsChange) => void;
}

export function DraftFilters({ search, onChange }: FiltersProps) {
  const [{ data }] = useQuery({ query: DRAFT_COUNTS, requestPolicy: "cache-and-network" });
  const { category, source, author } = search;
  // The numbers are those of all drafts.
  const counts =
    source === undefined && author === undefined
      ? (data?.catalogStatistics.drafts?.categories ?? [])
      : [];
  const nameOf = (each: Category) => {
    const name = t.categories[each];
    const total = counts.find(({ category }) => category === each)?.total;
    return total === undefined ? name : texts.categoryCount(name, total);
  };
  return (
    <div className="filters" role="group" aria-label={texts.filters}>
      <Select<Category | "">
        isBare
        label={texts.category}
        value={category ?? ""}
        options={[
          ["", texts.anyCategory],
          ...CATEGORIES.map((each) => [each, nameOf(each)] as const),
        ]}
        onChange={(next) => onChange({ category: next === "" ? undefined : next })}
      />
      <Select<Source | "">
        isBare
        label={texts.source}
        value={source ?? ""}
        options={[
          ["", texts.anySource],
          ...SOURCES.map((each) => [each, t.importing.sourceNames[each]] as const),
        ]}
        onChange={(next) => onChange({ source: next === "" ? undefined : next })}
      />
      <AuthorField value={author ?? ""} onChange={onChange} />
    </div>
  );
}

interface AuthorProps {
  value: string;
  onChange: (change: DraftsChange) => void;
}

function AuthorField({ value, onChange }: AuthorProps) {
  const send = useCallback(
    (author: string) => onChange({ author: author.trim() === "" ? undefined : author }),
    [onChange],
  );
  const [text, setText] = useTyped(value, send);
  return (
    <label>
      <span className="visually-hidden">{texts.author}</span>
      <input
        className="input author-filter"
        value={text}
        placeholder={texts.author}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

interface ChipsProps extends FiltersProps {
  onClear: () => void;
}

/** The filters that are on, each with a button that removes it. */
export function DraftChips({ search, onChange, onClear }: ChipsProps) {
  const { category, source, author } = search;
  const chips: [string, DraftsChange][] = [];
  if (category !== undefined) chips.push([t.categories[category], { category: undefined }]);
  if (source !== undefined) {
    chips.push([texts.sourceChip(t.sources[source]), { source: undefined }]);
  }
  if (author !== undefined) chips.push([texts.authorChip(author), { author: undefined }]);
  return <Chips chips={chips} onRemove={onChange} onClear={onClear} />;
}
