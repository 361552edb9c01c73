// What a merge or a split would change: the documents, and how many changes in each.
import { t } from "../messages/index.ts";
import type { MergePeopleMutation } from "../graphql/generated/graphql.ts";
import { sentence } from "../ui/problems.ts";
import { texts } from "./texts.ts";

type Payload = Pick<MergePeopleMutation["mergePeople"], "documents" | "userErrors">;

export function Plan({ title, payload }: { title: string; payload: Payload }) {
  const { documents, userErrors } = payload;
  return (
    <section className="section" aria-labelledby="plan">
      <div className="section-head">
        <div>
          <h2 id="plan">{title}</h2>
        </div>
      </div>
      {userErrors.map(({ message }) => (
        <p key={message} className="field-error" role="alert">
          {sentence(message)}
        </p>
      ))}
      {documents.length === 0 ? (
        userErrors.length === 0 && <p className="sub">{texts.planNone}</p>
      ) : (
        <ul className="plan-documents">
          {documents.map(({ movieId, movie, category, changes }) => (
            <li key={`${movieId} ${category}`}>
              <span className="name" dir="auto">
                {texts.planDocument(movie?.title ?? movieId, t.categories[category])}
              </span>{" "}
              <span className="sub num">{texts.planChanges(changes.length)}</span>
              <ul className="sub">
                {[...new Set(changes.map(({ label }) => label.replaceAll("_", " ")))].map(
                  (label) => (
                    <li key={label} dir="auto">
                      {label}
                    </li>
                  ),
                )}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
