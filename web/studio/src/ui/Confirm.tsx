// The question before what cannot be undone. The button says what it does.
import { useState, type ReactNode } from "react";
import { t } from "../messages/index.ts";
import { Button } from "./controls.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";

interface ConfirmProps {
  title: string;
  action: string;
  children: ReactNode;
  onClose: () => void;
  /** The dialog closes when it is done, however it ended. */
  onConfirm: () => Promise<void>;
}

export function Confirm({ title, action, children, onClose, onConfirm }: ConfirmProps) {
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
          {t.common.cancel}
        </Button>
        <Button look="danger" isBusy={isBusy} onPress={() => void run()}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
