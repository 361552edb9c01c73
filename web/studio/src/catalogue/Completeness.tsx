// The seven squares of a movie: filled, draft waiting, empty.
import type { Category } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { CATEGORIES } from "./categories.ts";

interface CompletenessProps {
  present: readonly Category[];
  drafts: readonly Category[];
}

export function Completeness({ present, drafts }: CompletenessProps) {
  const states = CATEGORIES.map((category) => {
    const isFilled = present.includes(category);
    const hasDraft = drafts.includes(category);
    const look = hasDraft ? (isFilled ? "filled draft" : "draft") : isFilled ? "filled" : "";
    const words = hasDraft
      ? isFilled
        ? t.catalogue.drafted
        : t.catalogue.draftedOnly
      : isFilled
        ? t.catalogue.filled
        : t.catalogue.empty;
    return {
      category,
      look,
      words: `${t.categories[category]}: ${words}`,
      isPlain: isFilled && !hasDraft,
    };
  });
  // Read out are the squares that differ from filled; all of them if none is.
  const remarkable = states.filter(({ isPlain }) => !isPlain);
  const label = t.catalogue.completeness(
    present.length,
    remarkable.map(({ words }) => words).join(", "),
  );
  return (
    <span className="seven" role="img" aria-label={label}>
      {states.map(({ category, look, words }) => (
        <i key={category} className={look} title={words} />
      ))}
    </span>
  );
}
