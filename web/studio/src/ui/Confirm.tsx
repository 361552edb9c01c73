// The question before what cannot be undone. The button says what it does.
import { useState, type ReactNode } from "react";
import { t } from "../messages/index.ts";
import { Button } from "./controls.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";

interface ConfirmProps {
  title: string;
  action: string;
  /** What the other button says, if "Cancel" would be misread. */
  dismiss?: string;
  children: ReactNode;
  onClose: () => void;
  /** The dialog closes when it is done, however it ended. */
  onConfirm: () => Promise<void>;
}

export function Confirm(props: ConfirmProps) {
  const { title, action, dismiss = t.common.cancel, children, onClose, onConfirm } = props;
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await onConfirm();
    onClose();
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <p>{children}</p>
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {dismiss}
        </Button>
        <Button look="danger" isBusy={isBusy} onPress={() => void run()}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
