// A draft: who proposes it, what publishing it would change, and the two ways to end it.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { slugOf } from "../catalogue/categories.ts";
import { texts } from "../drafts/texts.ts";
import { when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { explain } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { DiscardDialog } from "./DiscardDialog.tsx";
import { canPublish, DraftPlan } from "./DraftPlan.tsx";
import type { MovieHeader } from "./queries.ts";
import { useDraftPlan } from "./useDraftPlan.ts";

type Draft = NonNullable<MovieHeader["drafts"]>[number];

interface DraftBarProps {
  id: string;
  title: string;
  draft: Draft;
}

export function DraftBar({ id, title, draft }: DraftBarProps) {
  const { mayPublish } = useViewer();
  const { category } = draft;
  const state = useDraftPlan(id, category);
  const { planned, error, isBusy, resolutions, look, publish, close } = state;
  const [isDiscarding, setDiscarding] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    if (error !== null) showToast(explain(error), { tone: "failed" });
  }, [error]);
  const leave = () =>
    void navigate({
      to: "/movies/$id/$category",
      params: { id, category: slugOf(category) },
      search: {},
      replace: true,
    });
  const confirm = async () => {
    const revision = await publish();
    if (revision === null) return;
    close();
    showToast(t.plan.published(title, t.categories[category], revision));
    leave();
  };

  return (
    <div className="draft-bar">
      <p>{t.movie.draftNote(draft.updatedBy, when(draft.updatedAt), draft.baseRevision)}</p>
      {mayPublish && (
        <>
          <Button look="ghost" onPress={() => setDiscarding(true)}>
            {t.movie.discard}
          </Button>
          <Button look="main" isBusy={isBusy} onPress={() => void look("TAKE_IMPORT", resolutions)}>
            {t.movie.publishDraft}
          </Button>
        </>
      )}
      {isDiscarding && (
        <DiscardDialog
          id={id}
          title={title}
          category={category}
          onClose={() => setDiscarding(false)}
          onDiscarded={leave}
        />
      )}
      <Dialog title={texts.planTitle} isOpen={planned !== null} onClose={close} isWide>
        {planned !== null && (
          <>
            <DraftPlan state={state} planned={planned} />
            <DialogActions>
              <Button look="ghost" onPress={close}>
                {t.common.cancel}
              </Button>
              <Button
                look="main"
                isBusy={isBusy}
                isDisabled={!canPublish(planned)}
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
