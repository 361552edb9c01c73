// Short messages about what has happened, at the edge of the page. They are read out, stay until
// they are closed or a while has passed, and wait while the pointer or the focus is on them.
import { useEffect, useState, useSyncExternalStore } from "react";
import { t } from "../messages/index.ts";
import { Button, IconButton } from "./controls.tsx";
import "./toasts.css";

interface Toast {
  id: number;
  text: string;
  tone: "done" | "failed";
  action?: { label: string; run: () => void };
}

const STAY_MS = 10_000;
const MOST = 4;
let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

export function showToast(
  text: string,
  options: { tone?: Toast["tone"]; action?: Toast["action"] } = {},
): void {
  const { tone = "done", action } = options;
  const toast: Toast = { id: ++last, text, tone, ...(action === undefined ? {} : { action }) };
  change([...toasts, toast].slice(-MOST));
}

const close = (id: number) => change(toasts.filter((toast) => toast.id !== id));

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastView({ toast }: { toast: Toast }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    // What can be undone, or went wrong, stays until it is closed.
    if (isHeld || toast.action !== undefined || toast.tone === "failed") return;
    const timer = setTimeout(() => close(toast.id), STAY_MS);
    return () => clearTimeout(timer);
  }, [isHeld, toast]);
  const { action } = toast;
  return (
    <div
      className={`toast ${toast.tone}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <p>{toast.text}</p>
      {action !== undefined && (
        <Button
          look="ghost"
          onPress={() => {
            close(toast.id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon="close" label={t.common.close} onPress={() => close(toast.id)} />
    </div>
  );
}
