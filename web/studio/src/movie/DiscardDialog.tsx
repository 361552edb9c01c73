// Asks why a draft is discarded, and discards it.
import { useState } from "react";
import { useMutation } from "urql";
import { DISCARD_DRAFT, MAX_REASON } from "../drafts/queries.ts";
import { texts } from "../drafts/texts.ts";
import type { Category } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { explain } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";

interface DiscardDialogProps {
  id: string;
  title: string;
  category: Category;
  onClose: () => void;
  onDiscarded: () => void;
}

export function DiscardDialog({ id, title, category, onClose, onDiscarded }: DiscardDialogProps) {
  const [reason, setReason] = useState("");
  const [{ fetching }, discard] = useMutation(DISCARD_DRAFT);
  const remove = async () => {
    const { data, error } = await discard({ input: { movieId: id, category, reason } });
    onClose();
    const problem =
      error === undefined ? data?.discardDraft.userErrors[0]?.message : explain(error);
    if (problem !== undefined) showToast(problem, { tone: "failed" });
    else {
      showToast(texts.discarded);
      onDiscarded();
    }
  };
  return (
    <Dialog title={texts.discardTitle} isOpen onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!fetching) void remove();
        }}
      >
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
          <Button look="ghost" onPress={onClose}>
            {t.common.cancel}
          </Button>
          <Button look="danger" type="submit" isBusy={fetching}>
            {t.movie.discard}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
