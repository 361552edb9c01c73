// A draft: who proposes it, what publishing it would change, and the two ways to end it.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMutation } from "urql";
import { slugOf } from "../catalogue/categories.ts";
import { DISCARD_DRAFT, MAX_REASON, PUBLISH_DRAFT } from "../drafts/queries.ts";
import { texts } from "../drafts/texts.ts";
import type { ConflictPolicy, PublishDraftMutation } from "../graphql/generated/graphql.ts";
import { when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { ChangeCard } from "../plan/ChangeCard.tsx";
import { AskCard } from "../plan/AskCard.tsx";
import { allRows, openNames, rowsOf } from "../plan/rows.ts";
import type { Match, Resolution } from "../plan/types.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { explain } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import type { MovieHeader } from "./queries.ts";

type Draft = NonNullable<MovieHeader["drafts"]>[number];

interface DraftBarProps {
  id: string;
  title: string;
  draft: Draft;
}

export function DraftBar({ id, title, draft }: DraftBarProps) {
  const { mayPublish } = useViewer();
  const [planned, setPlanned] = useState<PublishDraftMutation["publishDraft"] | null>(null);
  const [policy, setPolicy] = useState<ConflictPolicy>("TAKE_IMPORT");
  const [resolutions, setResolutions] = useState<ReadonlyMap<string, Resolution>>(new Map());
  const [asked, setAsked] = useState<ReadonlyMap<string, Match>>(new Map());
  const [isDiscarding, setDiscarding] = useState(false);
  const [reason, setReason] = useState("");
  const [{ fetching }, publish] = useMutation(PUBLISH_DRAFT);
  const [, discard] = useMutation(DISCARD_DRAFT);
  const navigate = useNavigate();
  const { category } = draft;
  const document = { movieId: id, category };
  const leave = () =>
    void navigate({
      to: "/movies/$id/$category",
      params: { id, category: slugOf(category) },
      search: {},
      replace: true,
    });

  const inputOf = (onConflict: ConflictPolicy, chosen: ReadonlyMap<string, Resolution>) => ({
    ...document,
    onConflict,
    ...(chosen.size === 0
      ? {}
      : { resolutions: [...chosen].map(([path, choice]) => ({ path, ...choice })) }),
  });
  const look = async (onConflict: ConflictPolicy, chosen = resolutions) => {
    setPolicy(onConflict);
    setResolutions(chosen);
    const { data, error } = await publish({
      input: { ...inputOf(onConflict, chosen), dryRun: true },
    });
    if (error !== undefined) {
      showToast(explain(error), { tone: "failed" });
      return;
    }
    const payload = data?.publishDraft ?? null;
    setPlanned(payload);
    const open = payload?.plan == null ? [] : openNames(payload.plan, payload.userErrors);
    setAsked(
      (before) => new Map([...open.map((match) => [match.path, match] as const), ...before]),
    );
  };
  const confirm = async () => {
    const expectedPlan = planned?.plan?.digest ?? null;
    const { data, error } = await publish({
      input: { ...inputOf(policy, resolutions), expectedPlan },
    });
    const payload = data?.publishDraft;
    if (error !== undefined) showToast(explain(error), { tone: "failed" });
    else if (payload !== undefined && payload.userErrors.length > 0) setPlanned(payload);
    else {
      setPlanned(null);
      const revision = payload?.movieExport?.metadata.revision ?? 0;
      showToast(t.plan.published(title, t.categories[category], revision));
      leave();
    }
  };
  const remove = async () => {
    const { data, error } = await discard({ input: { ...document, reason } });
    setDiscarding(false);
    const problem =
      error === undefined ? data?.discardDraft.userErrors[0]?.message : explain(error);
    if (problem !== undefined) showToast(problem, { tone: "failed" });
    else {
      showToast(texts.discarded);
      leave();
    }
  };

  return (
    <div className="draft-bar">
      <p>{t.movie.draftNote(draft.updatedBy, when(draft.updatedAt), draft.baseRevision)}</p>
      {mayPublish && (
        <>
          <Button look="ghost" onPress={() => setDiscarding(true)}>
            {t.movie.discard}
          </Button>
          <Button look="main" isBusy={fetching} onPress={() => void look("TAKE_IMPORT")}>
            {t.movie.publishDraft}
          </Button>
        </>
      )}
      <Dialog title={texts.discardTitle} isOpen={isDiscarding} onClose={() => setDiscarding(false)}>
        <p>{texts.discardText(t.categories[category], title)}</p>
        <TextField
          label={texts.reason}
          hint={texts.reasonHint}
          value={reason}
          onChange={setReason}
          maxLength={MAX_REASON}
          autoFocus
        />
        <DialogActions>
          <Button look="ghost" onPress={() => setDiscarding(false)}>
            {t.common.cancel}
          </Button>
          <Button look="danger" onPress={() => void remove()}>
            {t.movie.discard}
          </Button>
        </DialogActions>
      </Dialog>
      <Dialog
        title={texts.planTitle}
        isOpen={planned !== null}
        onClose={() => setPlanned(null)}
        isWide
      >
        {planned !== null && (
          <>
            {planned.userErrors
              .filter(({ code }) => code !== "AMBIGUOUS_MATCH")
              .map(({ message }) => (
                <p key={message} className="plan-notice" role="alert">
                  {message}
                </p>
              ))}
            {asked.size > 0 && (
              <ul className="cards" aria-label={t.plan.groups.asks}>
                {[...asked.values()].map((match) => (
                  <AskCard
                    key={match.path}
                    match={match}
                    chosen={resolutions.get(match.path)}
                    onChoose={(choice) =>
                      void look(policy, new Map(resolutions).set(match.path, choice))
                    }
                  />
                ))}
              </ul>
            )}
            {planned.plan != null && (
              <>
                {planned.plan.conflicts.length > 0 && (
                  <Select<ConflictPolicy>
                    label={t.plan.groups.conflicts}
                    value={policy}
                    options={[
                      ["TAKE_IMPORT", texts.takeDraft],
                      ["KEEP_CURRENT", texts.keepCurrent],
                    ]}
                    onChange={(onConflict) => void look(onConflict)}
                  />
                )}
                <ul className="cards">
                  {allRows(rowsOf(planned.plan, openNames(planned.plan, planned.userErrors))).map(
                    (row) => (
                      <ChangeCard
                        key={row.key}
                        row={row}
                        {...(row.conflict === undefined ? {} : { meaning: "conflict" as const })}
                      />
                    ),
                  )}
                </ul>
              </>
            )}
            <DialogActions>
              <Button look="ghost" onPress={() => setPlanned(null)}>
                {t.common.cancel}
              </Button>
              <Button
                look="main"
                isBusy={fetching}
                isDisabled={planned.userErrors.some(({ code }) => code !== "PLAN_STALE")}
                onPress={() => void confirm()}
              >
                {t.plan.publish(planned.plan?.changes.length ?? 0)}
              </Button>
            </DialogActions>
          </>
        )}
      </Dialog>
    </div>
  );
}
