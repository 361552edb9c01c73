import { partialDate } from "../../messages/format.ts";
import { t } from "../../messages/index.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";

/** The events as stored, which is the order that the editors gave them. */
export function TimelineView({ data }: { data: DataOf<"Timeline"> }) {
  return (
    <ol className="timeline">
      {data.events.map((event, at) => {
        const year = event.date.slice(0, 4);
        const isNewYear = data.events[at - 1]?.date.slice(0, 4) !== year;
        return (
          <li key={event.id} className={isNewYear ? "event new-year" : "event"}>
            <time dateTime={event.date} className="num">
              {partialDate(event.date)}
            </time>
            <div>
              <h2 dir="auto">
                {event.title}
                {event.category !== null && (
                  <span className="tag" dir="auto">
                    {event.category}
                  </span>
                )}
                <Origin of={event.id} />
              </h2>
              {event.description !== null && (
                <p className="sub" dir="auto">
                  {event.description}
                </p>
              )}
              {event.sourceUrl !== null && <SourceLink url={event.sourceUrl} />}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

export function SourceLink({ url, text = t.timeline.source }: { url: string; text?: string }) {
  return (
    <a className="source sub" href={url} target="_blank" rel="noreferrer noopener">
      {text}
      <Icon name="outside" size={12} />
    </a>
  );
}
