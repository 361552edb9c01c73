// The plan: what a document would change, to be taken or left, change by change.
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { slugOf } from "../catalogue/categories.ts";
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { copyText } from "../movie/Actions.tsx";
import { REVERT } from "../movie/history.ts";
import { DOCUMENT } from "../movie/queries.ts";
import { allRows } from "../plan/rows.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { explain, Failure, Notice, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { PlanGroups } from "./PlanGroups.tsx";
import type { Sent } from "./SourcePage.tsx";
import { usePlan, type Moved, type Outcome, type Payload } from "./usePlan.ts";

interface PlanPageProps {
  sent: Sent;
  place: string | null;
  /** What the button says that leads back to where the document comes from. */
  back?: string;
  onEdit: () => void;
  /** It was written, with all of its changes or only some. */
  onDone: (isWhole: boolean) => void;
  /** It is to be left; by default as if it was written. */
  onCancel?: () => void;
  hasNext: boolean;
}

const SLOW_MS = 1_000;

export function PlanPage(props: PlanPageProps) {
  const { sent, place, back = t.plan.back, onEdit, onDone, hasNext } = props;
  const cancel = props.onCancel ?? (() => onDone(false));
  const viewer = useViewer();
  const navigate = useNavigate();
  const undo = useUndo();
  const plan = usePlan(sent, sent.target ?? (viewer.mayPublish ? "PUBLISHED" : "DRAFT"));
  const [writing, setWriting] = useState<Stage | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const { payload, rows, chosen, choices } = plan;

  if (payload === null) {
    return (
      <div className="page">
        {plan.error !== null ? <Failure error={plan.error} onRetry={plan.retry} /> : <Planning />}
      </div>
    );
  }
  const category = payload.movieExport?.category ?? sent.category;
  const title = payload.movie?.title ?? sent.movieId;
  const name = category === undefined ? "" : t.categories[category];
  const problems = payload.userErrors.filter(
    ({ code }) => !["CONFLICT", "AMBIGUOUS_MATCH"].includes(code),
  );
  const all = rows === null ? [] : allRows(rows);
  const unsettled = rows?.conflicts.filter(({ key }) => !choices.conflicts.has(key)).length ?? 0;
  const open = unsettled + plan.open.length;
  const unmatched = rows?.unmatched ?? [];
  const removals = chosen.filter(({ change }) => change.op === "REMOVE").length;
  const isNothing = problems.length === 0 && all.length === 0 && open === 0;

  const write = async (stage: Stage) => {
    setWriting(stage);
    setNotice(null);
    const outcome = await plan.write(stage);
    setWriting(null);
    const trouble = sentenceOf(outcome);
    if (trouble !== null) {
      setNotice(trouble);
      return;
    }
    if (outcome.kind !== "written" || category === undefined) return;
    report(outcome.payload);
    onDone(all.every((row) => row.conflict !== undefined || chosen.includes(row)));
    if (!hasNext) {
      void navigate({
        to: "/movies/$id/$category",
        params: { id: sent.movieId, category: slugOf(category) },
        search: stage === "DRAFT" ? { stage: "draft" } : {},
      });
    }
  };

  const report = ({ status, movieExport }: Payload) => {
    if (category === undefined) return;
    if (status === "UNCHANGED") showToast(t.plan.unchanged);
    else if (status === "DRAFTED") showToast(t.plan.drafted(title, name));
    else {
      const revision = movieExport?.metadata.revision ?? 0;
      const action = {
        label: t.plan.undo,
        run: () => void undo(sent.movieId, category, revision),
      };
      // The first revision has nothing before it to go back to.
      showToast(t.plan.published(title, name, revision), revision > 1 ? { action } : {});
    }
  };

  const reason =
    problems.length > 0 || unmatched.length > 0
      ? t.plan.cannot
      : open > 0
        ? t.plan.settle
        : chosen.length === 0
          ? t.plan.nothingChosen
          : null;
  return (
    <div className="page plan-page">
      <div className="page-bar">
        <div className="page-title">
          <p className="sub crumbs" dir="auto">
            {payload.movie === null ? (
              title
            ) : (
              <Link
                to="/movies/$id/$category"
                params={{ id: sent.movieId, category: slugOf(category ?? "BASIC_INFO") }}
                className="link"
              >
                {title}
              </Link>
            )}
            {name !== "" && ` › ${name}`}
          </p>
          <h1>{t.plan.title}</h1>
          <p className="sub">{[t.plan.from(sent.name), place].filter(Boolean).join(" · ")}</p>
        </div>
        {payload.repairHint !== null && (
          <Button
            icon="copy"
            onPress={() =>
              void copyText(payload.repairHint ?? "").then(
                (done) => done && showToast(t.plan.hintCopied),
              )
            }
          >
            {t.plan.hint}
          </Button>
        )}
        <Button onPress={onEdit}>{back}</Button>
      </div>
      <div className={plan.isPlanning ? "progress on" : "progress"} aria-hidden="true" />
      {notice !== null && (
        <p className="plan-notice" role="alert">
          {notice}
        </p>
      )}
      {plan.error !== null && (
        <p className="plan-notice" role="alert">
          {explain(plan.error)}
        </p>
      )}
      {unmatched.length > 0 && (
        <p className="plan-notice" role="alert">
          {t.plan.unmatched(unmatched.map(({ label }) => label).join(", "))}
        </p>
      )}
      {isNothing && (
        <Notice title={t.plan.nothingTitle}>
          {sent.isEdit === true ? t.plan.nothingEdited : t.plan.nothingText}
        </Notice>
      )}
      <PlanGroups plan={plan} problems={problems} text={sent.text} isEdit={sent.isEdit === true} />
      <div className="plan-actions">
        <p className="num" role="status">
          <b>{t.plan.summary(chosen.length, all.length)}</b>
          {open > 0 && ` · ${t.plan.open(open)}`}
          {` · ${t.plan.removes(removals)}`}
        </p>
        <span className="sub">{isNothing ? null : reason}</span>
        <div className="plan-buttons">
          <Button look="ghost" onPress={cancel}>
            {hasNext ? t.importing.nextFile : t.common.cancel}
          </Button>
          <Button
            look={viewer.mayPublish ? "plain" : "main"}
            isDisabled={reason !== null || plan.isPlanning || writing !== null}
            onPress={() => void write("DRAFT")}
          >
            {writing === "DRAFT"
              ? t.plan.writing
              : viewer.mayPublish
                ? t.plan.draft
                : t.plan.draftFirst(chosen.length)}
          </Button>
          {viewer.mayPublish && (
            <Button
              look="main"
              isDisabled={reason !== null || plan.isPlanning || writing !== null}
              onPress={() => void write("PUBLISHED")}
            >
              {writing === "PUBLISHED" ? t.plan.writing : t.plan.publish(chosen.length)}
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

function Planning() {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <p className="sub" role="status">
        {isSlow ? t.importing.slow : t.importing.looking}
      </p>
      <Skeleton />
    </>
  );
}

/** What an outcome means if nothing was written. */
function sentenceOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case "written":
      return null;
    case "stale":
      return t.plan.stale(movedText(outcome.moved));
    case "against":
      return outcome.stage === "DRAFT" ? t.plan.againstDraft : t.plan.againstPublished;
    case "refused":
      return outcome.payload.userErrors.map(({ message }) => message).join(" ");
    case "failed":
      return explain(outcome.error);
  }
}

function movedText({ added, gone }: Moved): string {
  const parts = [added > 0 && t.plan.staleNew(added), gone > 0 && t.plan.staleGone(gone)].filter(
    Boolean,
  );
  return parts.length === 0 ? t.plan.staleSame : parts.join(", ");
}

const shown = (id: string, category: Category) => ({
  id,
  category,
  stage: "PUBLISHED" as const,
  withDetails: true,
});

/** Publishes the revision before again, unless somebody else has published since, and says so. */
function useUndo() {
  const client = useClient();
  return async (movieId: string, category: Category, published: number) => {
    const input = { movieId, category, revision: published - 1 };
    const revert = async (more: { dryRun?: boolean; expectedPlan?: string }) => {
      const { data, error } = await client.mutation(REVERT, { input: { ...input, ...more } });
      const payload = data?.revertCategory;
      const problem = error === undefined ? payload?.userErrors[0]?.message : explain(error);
      if (problem === undefined && payload !== undefined) return payload;
      showToast(t.plan.undoFailed(problem ?? t.errors.unknown), { tone: "failed" });
      return null;
    };
    const planned = await revert({ dryRun: true });
    if (planned === null) return;
    const now = planned.movieExport?.metadata.revision;
    if (now !== published || planned.plan === null) {
      showToast(t.plan.undoLate(now ?? published), { tone: "failed" });
      // The answer has the newer revision's number: the page shows its values too.
      await client.query(DOCUMENT, shown(movieId, category), { requestPolicy: "network-only" });
      return;
    }
    const undone = await revert({ expectedPlan: planned.plan.digest });
    if (undone !== null) showToast(t.plan.undone(t.categories[category], published - 1));
  };
}
