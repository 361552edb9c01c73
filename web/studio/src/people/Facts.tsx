// What is known of an entity beside its movies: ids, other names, and where else it is described.
import type { ReactNode } from "react";
import { Icon } from "../ui/Icon.tsx";
import { texts } from "./texts.ts";

const PAGES: Record<string, (value: string) => string> = {
  imdb: (value) => `https://www.imdb.com/name/${value}/`,
  tmdb: (value) => `https://www.themoviedb.org/person/${value}`,
  wikidata: (value) => `https://www.wikidata.org/wiki/${value}`,
};

interface FactsProps {
  id: string;
  aliases: string[];
  externalIds: { source: string; value: string }[];
  isPerson?: boolean;
  children?: ReactNode;
}

export function Facts({ id, aliases, externalIds, isPerson = false, children }: FactsProps) {
  return (
    <dl className="name-facts">
      <Fact name={texts.id}>
        <code>{id}</code>
      </Fact>
      {aliases.length > 0 && (
        <Fact name={texts.aliases}>
          {aliases.map((alias) => (
            <span key={alias} className="alias" dir="auto">
              {alias}
            </span>
          ))}
        </Fact>
      )}
      {externalIds.length > 0 && (
        <Fact name={texts.externalIds}>
          {externalIds.map(({ source, value }) => {
            const page = isPerson ? PAGES[source]?.(encodeURIComponent(value)) : undefined;
            return (
              <span key={`${source} ${value}`} className="alias num">
                {source}{" "}
                {page === undefined ? (
                  value
                ) : (
                  <a
                    className="link"
                    href={page}
                    target="_blank"
                    rel="noreferrer"
                    title={texts.openAt(source)}
                  >
                    {value} <Icon name="outside" size={12} />
                  </a>
                )}
              </span>
            );
          })}
        </Fact>
      )}
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
