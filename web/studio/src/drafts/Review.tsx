// Reviewing the drafts of a queue one after the other: what publishing the draft would change, the
// two ways to end it, each with a key, and the way to the next one.
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useClient } from "urql";
import { slugOf } from "../catalogue/categories.ts";
import type { Category } from "../graphql/generated/graphql.ts";
import { when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { DiscardDialog } from "../movie/DiscardDialog.tsx";
import { canPublish, DraftPlan } from "../movie/DraftPlan.tsx";
import type { MovieHeader } from "../movie/queries.ts";
import { useDraftPlan, type DraftPlanState } from "../movie/useDraftPlan.ts";
import { rowsOf } from "../plan/rows.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { isTyping } from "../ui/keys.ts";
import { explain, Failure, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import type { Neighbour } from "./queries.ts";
import { readQueue } from "./search.ts";
import { texts } from "./texts.ts";
import { readNext, useNeighbours } from "./useNeighbours.ts";
import "../importing/importing.css";
import "./drafts.css";

type Draft = NonNullable<MovieHeader["drafts"]>[number];

interface ReviewProps {
  id: string;
  title: string;
  category: Category;
  /** Undefined if the draft was published or discarded. */
  draft: Draft | undefined;
  queue: string;
  at: string | undefined;
  /** The document. */
  children: ReactNode;
}

export function Review(props: ReviewProps) {
  const { id, title, category, draft, queue, at, children } = props;
  const { mayPublish } = useViewer();
  const search = readQueue(queue);
  const { total, previous, next } = useNeighbours(search, at);
  const navigate = useNavigate();
  const client = useClient();
  const open = (neighbour: Neighbour | undefined | null) => {
    if (neighbour == null) return;
    const { cursor, node } = neighbour;
    void navigate({
      to: "/movies/$id/$category",
      params: { id: node.movie.id, category: slugOf(node.category) },
      search: { stage: "draft", queue, at: cursor },
      // The back button leads to the list.
      replace: true,
    });
  };
  const goOn = async () => {
    const following = next === null ? await readNext(client, search, at) : next;
    open(following);
    if (following !== undefined) return;
    showToast(texts.review.end);
    void navigate({ to: "/drafts", search });
  };
  const edit = () =>
    void navigate({
      to: "/movies/$id/$category",
      params: { id, category: slugOf(category) },
      search: { stage: "draft", view: "edit" },
    });
  useKeys({ j: () => open(next), k: () => open(previous), ...(draft ? { e: edit } : {}) });
  return (
    <div className="review">
      <nav className="review-bar" aria-label={texts.review.queue}>
        <p className="num">
          <Link to="/drafts" search={search} className="link">
            {total === undefined ? texts.review.queue : texts.review.total(total)}
          </Link>
          <span className="sub keys-hint">
            {" "}
            {mayPublish ? texts.review.keys : texts.review.keysReader}
          </span>
        </p>
        <Button isDisabled={previous === undefined} onPress={() => open(previous)}>
          {texts.review.previous}
        </Button>
        <Button isDisabled={next == null} onPress={() => open(next)}>
          {texts.review.next}
        </Button>
      </nav>
      {draft === undefined ? (
        <>
          <p className="plan-notice" role="status">
            {texts.review.closed}
          </p>
          {children}
        </>
      ) : (
        <OpenDraft
          id={id}
          title={title}
          category={category}
          draft={draft}
          onEdit={edit}
          onEnd={() => void goOn()}
        >
          {children}
        </OpenDraft>
      )}
    </div>
  );
}

interface OpenDraftProps extends Pick<ReviewProps, "id" | "title" | "category" | "children"> {
  draft: Draft;
  onEdit: () => void;
  onEnd: () => void;
}

function OpenDraft({ id, title, category, draft, onEdit, onEnd, children }: OpenDraftProps) {
  const { mayPublish } = useViewer();
  const state = useDraftPlan(id, category);
  const { planned, error, isBusy, look, publish } = state;
  const changes = planned?.plan?.changes.length ?? 0;
  const [isDiscarding, setDiscarding] = useState(false);
  useEffect(() => void look("TAKE_IMPORT"), [look]);
  const confirm = async () => {
    const revision = await publish();
    if (revision === null) return;
    showToast(t.plan.published(title, t.categories[category], revision));
    onEnd();
  };
  const press = () => {
    if (planned === null || isBusy) return;
    if (isClear(state)) void confirm();
    else showToast(texts.review.notByKey);
  };
  useKeys(mayPublish ? { a: press, r: () => setDiscarding(true) } : {});
  return (
    <>
      <p className="sub">
        {t.movie.draftNote(draft.updatedBy, when(draft.updatedAt), draft.baseRevision)}
        {draft.source === "LLM_GENERATED" && (
          <span className="tag model">{t.sources.LLM_GENERATED}</span>
        )}
      </p>
      <section className="review-plan" aria-busy={isBusy}>
        <h2>{texts.planTitle}</h2>
        {planned !== null ? (
          <>
            {error !== null && (
              <p className="plan-notice" role="alert">
                {explain(error)}
              </p>
            )}
            <DraftPlan state={state} planned={planned} />
          </>
        ) : error === null ? (
          <Skeleton />
        ) : (
          <Failure error={error} onRetry={() => void look("TAKE_IMPORT")} />
        )}
      </section>
      <section className="review-document" aria-label={t.movie.draft}>
        {children}
      </section>
      <div className="plan-actions">
        <p className="num" role="status">
          {planned !== null && <b>{summaryOf(state)}</b>}
        </p>
        <span className="sub">
          {mayPublish && planned !== null && !isClear(state) && texts.review.settle}
        </span>
        <div className="plan-buttons">
          <Button look="ghost" onPress={onEdit}>
            {texts.review.edit}
          </Button>
          {mayPublish && (
            <>
              <Button onPress={() => setDiscarding(true)}>{texts.review.discard}</Button>
              <Button
                look="main"
                isBusy={isBusy}
                isDisabled={planned === null || !canPublish(planned)}
                onPress={() => void confirm()}
              >
                {changes === 0 ? t.movie.publishDraft : t.plan.publish(changes)}
              </Button>
            </>
          )}
        </div>
      </div>
      {isDiscarding && (
        <DiscardDialog
          id={id}
          title={title}
          category={category}
          onClose={() => setDiscarding(false)}
          onDiscarded={onEnd}
        />
      )}
    </>
  );
}

/** Whether nothing needs a decision but the draft itself: then a key publishes it. */
function isClear({ planned, error, asked }: DraftPlanState): boolean {
  if (planned?.plan == null || error !== null) return false;
  return planned.userErrors.length === 0 && planned.plan.conflicts.length === 0 && asked.size === 0;
}

function summaryOf({ planned, asked }: DraftPlanState): string {
  if (planned?.plan == null) return "";
  const rows = rowsOf(planned.plan, []);
  return texts.review.summary({
    added: rows.added.length,
    changed: rows.changed.length,
    removed: rows.removed.length,
    conflicts: rows.conflicts.length,
    asked: asked.size,
  });
}

/** Runs an action when its key is pressed; not again while the key is held. */
function useKeys(actions: Record<string, () => void>): void {
  const current = useRef(actions);
  // Before the page is drawn: a key does what the buttons that are shown do.
  useLayoutEffect(() => {
    current.current = actions;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = current.current[event.key];
      if (action === undefined || event.repeat || isTyping(event)) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
