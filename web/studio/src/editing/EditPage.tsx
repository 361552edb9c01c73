// Editing a document in place: a form made from the schema of its category. What is edited goes
// through the same plan as every import.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { slugOf } from "../catalogue/categories.ts";
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import { PlanPage } from "../importing/PlanPage.tsx";
import type { Sent } from "../importing/SourcePage.tsx";
import { t } from "../messages/index.ts";
import { fetchSchema } from "../movie/prompt.ts";
import { DOCUMENT } from "../movie/queries.ts";
import type { News } from "../movie/useNews.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { Failure, Notice, Skeleton } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { countProblems } from "./check.ts";
import { setValue } from "./edits.ts";
import { FieldInput } from "./FieldInput.tsx";
import { fieldsOf, type Field } from "./fields.ts";
import { ItemList } from "./ItemList.tsx";
import type { Envelope } from "./keeping.ts";
import { texts } from "./texts.ts";
import { useEdits } from "./useEdits.ts";
import "../importing/importing.css";
import "./editing.css";

interface EditPageProps {
  id: string;
  title: string;
  category: Category;
  stage: Stage;
  news: News;
}

export function EditPage(props: EditPageProps) {
  const { id, category, stage } = props;
  const [{ data, error, fetching }, retry] = useQuery({
    query: DOCUMENT,
    variables: { id, category, stage, withDetails: false },
    requestPolicy: "network-only",
  });
  const { fields, isFailed, load } = useFields(category);
  const found = data?.movieExport;
  // What is read again later does not take the page away from what is being typed.
  const [stored, setStored] = useState<Envelope | null>(null);
  useEffect(() => {
    if (found && !fetching) setStored(found.document as Envelope);
  }, [found, fetching]);
  if (isFailed)
    return (
      <Notice
        title={t.errors.title}
        level={1}
        actions={<Button onPress={load}>{t.common.tryAgain}</Button>}
      >
        {t.errors.offline}
      </Notice>
    );
  if (error !== undefined && stored === null && !fetching)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  if (stored === null || fields === null)
    return (
      <div className="page">
        <Skeleton />
      </div>
    );
  return <Editor {...props} fields={fields} stored={stored} />;
}

/** The fields of a category, from its JSON Schema. */
function useFields(category: Category) {
  const [fields, setFields] = useState<Field[] | null>(null);
  const [isFailed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isStopped = false;
    setFailed(false);
    fetchSchema(category).then(
      (schema) => {
        if (!isStopped) setFields(fieldsOf(category, schema));
      },
      () => {
        if (!isStopped) setFailed(true);
      },
    );
    return () => {
      isStopped = true;
    };
  }, [category, attempt]);
  return { fields, isFailed, load: () => setAttempt((before) => before + 1) };
}

interface EditorProps extends EditPageProps {
  fields: readonly Field[];
  stored: Envelope;
}

function Editor({ id, title, category, stage, news, fields, stored }: EditorProps) {
  const viewer = useViewer();
  const navigate = useNavigate();
  const name = t.categories[category];
  useTitle(`${texts.title(name)}: ${title}`);
  const place = { account: viewer.id, movie: id, category, stage };
  const { original, edits, changes, wasKept, isUnsafe, isElsewhere, change, discard, text } =
    useEdits(place, fields, stored);
  const [sent, setSent] = useState<Sent | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [isDiscarding, setDiscarding] = useState(false);
  const problems = countProblems(category, fields, original.data, edits);

  const leave = () =>
    void navigate({
      to: "/movies/$id/$category",
      params: { id, category: slugOf(category) },
      search: stage === "DRAFT" ? { stage: "draft" } : {},
    });
  const look = () => {
    setAsked(true);
    if (problems > 0) return;
    setSent({
      name: texts.sent,
      text: text(),
      movieId: id,
      category,
      source: "MANUAL",
      mode: "REPLACE",
      nulls: "CLEAR",
      isEdit: true,
      ...(stage === "DRAFT" ? { target: stage } : {}),
    });
  };

  if (sent !== null)
    return (
      <PlanPage
        sent={sent}
        place={null}
        back={texts.keepEditing}
        onEdit={() => setSent(null)}
        onCancel={() => setSent(null)}
        onDone={(isWhole) => {
          // What was unticked is still an edit that was not published.
          if (isWhole) discard();
        }}
        hasNext={false}
      />
    );
  const published = news.of.get(category)?.published?.revision ?? stored.metadata.revision;
  const { revision } = original.metadata;
  return (
    <div className="page edit-page">
      <div className="page-bar">
        <div className="page-title">
          <p className="sub crumbs" dir="auto">
            {title}
          </p>
          <h1>{texts.title(name)}</h1>
          <p className="sub">
            {stage === "DRAFT"
              ? texts.baseDraft
              : revision === 0
                ? texts.baseNone
                : texts.base(revision)}
            {" · "}
            {texts.lead}
          </p>
        </div>
        {changes > 0 && (
          <Button look="danger" onPress={() => setDiscarding(true)}>
            {texts.discard}
          </Button>
        )}
        <Button onPress={leave}>{texts.backToMovie}</Button>
      </div>
      {news.deletedBy !== null && (
        <p className="plan-notice" role="alert">
          {texts.gone}
        </p>
      )}
      {changes > 0 && stage === "PUBLISHED" && published > revision && (
        <p className="plan-notice" role="status">
          {texts.newer(published)}
        </p>
      )}
      {changes > 0 && wasKept && <p className="plan-notice">{texts.resumed}</p>}
      {isElsewhere && (
        <p className="plan-notice" role="status">
          {texts.elsewhere}
        </p>
      )}
      {isUnsafe && (
        <p className="plan-notice" role="alert">
          {texts.unsafe}
        </p>
      )}
      <div className="edit-fields">
        {fields.map((field) =>
          field.kind === "items" ? (
            <ItemList
              key={field.name}
              category={category}
              list={field}
              data={original.data}
              edits={edits}
              isAsked={isAsked}
              onChange={change}
            />
          ) : (
            <FieldInput
              key={field.name}
              field={field}
              value={edits.values[field.name] ?? null}
              isAsked={isAsked}
              onChange={(value) => change((before) => setValue(before, field.name, value))}
            />
          ),
        )}
      </div>
      <div className="plan-actions">
        <p className="num" role="status">
          <b>{texts.summary(changes)}</b>
          {isAsked && problems > 0 && ` · ${texts.wrong(problems)}`}
        </p>
        <div className="plan-buttons">
          <Button look="main" isDisabled={changes === 0} onPress={look}>
            {texts.look}
          </Button>
        </div>
      </div>
      {isDiscarding && (
        <Confirm
          title={texts.discardTitle}
          action={texts.discard}
          dismiss={texts.keepEditing}
          onClose={() => setDiscarding(false)}
          onConfirm={async () => {
            discard();
            setAsked(false);
            await Promise.resolve();
          }}
        >
          {texts.discardText(changes)}
        </Confirm>
      )}
    </div>
  );
}
