import { useState } from "react";
import { t } from "../../messages/index.ts";
import { Button } from "../../ui/controls.tsx";
import { Origin } from "../Provenance.tsx";
import type { DataOf } from "../queries.ts";
import { SourceLink } from "./TimelineView.tsx";

type Item = DataOf<"Trivia">["items"][number];

export function TriviaView({ data }: { data: DataOf<"Trivia"> }) {
  return (
    <ul className="trivia">
      {data.items.map((item) => (
        <li key={item.id} className="fact-card">
          <div className="fact-card-head">
            {item.category !== null && (
              <span className="tag" dir="auto">
                {item.category}
              </span>
            )}
            {item.spoiler === true && <span className="tag change">{t.trivia.spoiler}</span>}
            <Origin of={item.id} />
          </div>
          <Fact item={item} />
          {item.sourceUrl !== null && <SourceLink url={item.sourceUrl} text={t.trivia.source} />}
        </li>
      ))}
    </ul>
  );
}

/** The text of an item. A spoiler is not in the page until it is asked for. */
function Fact({ item }: { item: Item }) {
  const [isShown, setShown] = useState(item.spoiler !== true);
  const [isAnswered, setAnswered] = useState(false);
  if (!isShown) {
    return (
      <button type="button" className="veil" onClick={() => setShown(true)}>
        {t.trivia.show}
      </button>
    );
  }
  return (
    <>
      {item.text !== null && <p dir="auto">{item.text}</p>}
      {item.question !== null && (
        <p className="question" dir="auto">
          {item.question}
        </p>
      )}
      {item.answer !== null &&
        (isAnswered ? (
          <p dir="auto">{item.answer}</p>
        ) : (
          <div>
            <Button onPress={() => setAnswered(true)}>{t.trivia.answer}</Button>
          </div>
        ))}
      {item.explanation !== null && (isAnswered || item.answer === null) && (
        <p className="sub" dir="auto">
          {item.explanation}
        </p>
      )}
    </>
  );
}
