// What is asked before many drafts are published or discarded.
import { useState } from "react";
import type { DraftFilter } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Button, Checkbox, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { MAX_REASON } from "./queries.ts";
import { texts } from "./texts.ts";
import { useDraftJob } from "./useDraftJob.ts";

/** The most drafts that can be named one by one. */
const MAX_SELECTED = 1_000;
const SELECTED = { kind: "selected" } as const;

interface DialogProps {
  onClose: () => void;
}

export function PublishSelected({ onClose }: DialogProps) {
  const { start, isBusy, problem, selected } = useDraftJob(SELECTED);
  const [isOnlyAdditions, setOnlyAdditions] = useState(false);
  const run = (dryRun: boolean) =>
    void start({ kind: "publish", dryRun, onlyAdditions: isOnlyAdditions });
  const isOff = selected === 0 || selected > MAX_SELECTED;
  return (
    <Dialog title={texts.bulk.publish(selected)} isOpen onClose={onClose}>
      <p>{texts.bulk.publishText}</p>
      <Checkbox
        label={texts.bulk.onlyAdditions}
        isChecked={isOnlyAdditions}
        onChange={setOnlyAdditions}
      />
      <Problem text={selected > MAX_SELECTED ? texts.bulk.tooMany : problem} />
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button isBusy={isBusy} isDisabled={isOff} onPress={() => run(true)}>
          {texts.bulk.dryRun}
        </Button>
        <Button look="main" isBusy={isBusy} isDisabled={isOff} onPress={() => run(false)}>
          {texts.bulk.publish(selected)}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DiscardSelected({ onClose }: DialogProps) {
  const { start, isBusy, problem, selected } = useDraftJob(SELECTED);
  const [reason, setReason] = useState("");
  return (
    <Dialog title={texts.bulk.discardTitle(selected)} isOpen onClose={onClose}>
      <p>{texts.bulk.discardText}</p>
      <TextField
        label={texts.reason}
        hint={texts.bulk.reasonHint}
        value={reason}
        onChange={setReason}
        maxLength={MAX_REASON}
        autoFocus
      />
      <Problem text={selected > MAX_SELECTED ? texts.bulk.tooMany : problem} />
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button
          look="danger"
          isBusy={isBusy}
          isDisabled={selected === 0 || selected > MAX_SELECTED}
          onPress={() => void start({ kind: "discard", reason })}
        >
          {texts.bulk.discard(selected)}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface AdditionsProps extends DialogProps {
  /** The drafts of the list, none of which was changed after the list was read. */
  filter: DraftFilter;
  total: number;
}

export function PublishAdditions({ filter, total, onClose }: AdditionsProps) {
  const [subject] = useState({ kind: "filtered" as const, filter });
  const [shown] = useState(total);
  const { start, isBusy, problem } = useDraftJob(subject);
  const run = (dryRun: boolean) => void start({ kind: "publish", dryRun, onlyAdditions: true });
  return (
    <Dialog title={texts.bulk.additionsTitle} isOpen onClose={onClose}>
      <p>{texts.bulk.additionsText(shown)}</p>
      <Problem text={problem} />
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button isBusy={isBusy} onPress={() => run(true)}>
          {texts.bulk.dryRun}
        </Button>
        <Button look="main" isBusy={isBusy} onPress={() => run(false)}>
          {texts.bulk.additions}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const Problem = ({ text }: { text: string | null }) =>
  text === null ? null : (
    <p className="draft-problem" role="alert">
      {text}
    </p>
  );
