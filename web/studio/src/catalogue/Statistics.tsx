// The statistics of the whole catalogue, which are filters at the same time.
import { useQuery } from "urql";
import type { Category } from "../graphql/generated/graphql.ts";
import { share } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Bone } from "../ui/states.tsx";
import { CATEGORIES } from "./categories.ts";
import { STATISTICS } from "./queries.ts";

interface StatisticsProps {
  chosen: readonly Category[];
  onToggle: (category: Category) => void;
}

export function Statistics({ chosen, onToggle }: StatisticsProps) {
  const [{ data }] = useQuery({ query: STATISTICS, requestPolicy: "cache-and-network" });
  const all = data?.catalogStatistics.movies ?? 0;
  const empty = new Map(
    data?.catalogStatistics.categories.map(({ category, empty }) => [category, empty]),
  );
  return (
    <div className="stats" role="group" aria-label={t.catalogue.stats}>
      {CATEGORIES.map((category) => {
        const missing = empty.get(category) ?? 0;
        const filled = share(all - missing, all);
        return (
          <button
            key={category}
            type="button"
            className="stat"
            aria-pressed={chosen.includes(category)}
            onClick={() => onToggle(category)}
          >
            <span className="stat-name">{t.categories[category]}</span>
            {data === undefined ? (
              <Bone width={64} />
            ) : (
              <span className="stat-value num">
                <b>{filled}</b>
                <span className="sub">
                  {missing === 0 ? t.catalogue.statAll : t.catalogue.statMissing(missing)}
                </span>
              </span>
            )}
            <span className="meter" aria-hidden="true">
              <i style={{ width: all === 0 ? "0%" : `${((all - missing) / all) * 100}%` }} />
            </span>
          </button>
        );
      })}
    </div>
  );
}
