import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import "./dialog.css";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** A question that must be answered: neither Escape nor a click beside it closes it. */
  isRequired?: boolean;
  /** For contents as wide as the window allows. */
  isWide?: boolean;
}

export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  isRequired = false,
  isWide = false,
}: DialogProps) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={!isRequired}
      isKeyboardDismissDisabled={isRequired}
    >
      <Modal className={isWide ? "modal wide" : "modal"}>
        <AriaDialog className="dialog" role={isRequired ? "alertdialog" : "dialog"}>
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export const DialogActions = ({ children }: { children: ReactNode }) => (
  <div className="dialog-actions">{children}</div>
);
