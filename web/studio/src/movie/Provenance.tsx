// Where each value comes from: a quiet dot beside it, with the details on focus or under the
// pointer.
import { createContext, use } from "react";
import type { DocumentQuery } from "../graphql/generated/graphql.ts";
import { exactly } from "../messages/format.ts";
import { t } from "../messages/index.ts";

type Entry = NonNullable<NonNullable<DocumentQuery["movie"]>["provenance"]>[number];

interface Origins {
  entries: ReadonlyMap<string, Entry>;
  locked: ReadonlySet<string>;
}

/** By target: the pointer of a field, or the id of an item. */
export const OriginsContext = createContext<Origins>({ entries: new Map(), locked: new Set() });

export function originsOf(movie: DocumentQuery["movie"], category: string): Origins {
  const locks = (movie?.locks ?? []).filter((lock) => lock.category === category);
  return {
    entries: new Map((movie?.provenance ?? []).map((entry) => [entry.target, entry])),
    locked: new Set(locks.map(({ target }) => target)),
  };
}

const LOOK = { MANUAL: "by-person", TMDB: "by-tmdb", LLM_GENERATED: "by-model" };

export function Origin({ of }: { of: string }) {
  const { entries, locked } = use(OriginsContext);
  const entry = entries.get(of);
  if (entry === undefined) return null;
  const source = t.sources[entry.source];
  const lines = [
    t.provenance.by(entry.updatedBy, source),
    t.provenance.at(entry.revision, exactly(entry.updatedAt)),
    ...(locked.has(of) ? [t.provenance.locked] : []),
  ];
  return (
    <button
      type="button"
      className={`origin ${LOOK[entry.source]} ${locked.has(of) ? "locked" : ""}`}
      aria-label={t.provenance.mark(lines.join(", "))}
      data-details={lines.join("\n")}
    />
  );
}
