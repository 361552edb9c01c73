// The keys of pages. They are letters, so they do nothing while text is typed.
import { useLayoutEffect } from "react";

/**
 * j and k move from row to row, and x selects the one in focus; Enter opens it, as for any link.
 * The link of a row has its number in `data-row`.
 */
export function useRowKeys(
  count: number,
  show: (index: number) => void,
  toggle: (index: number) => void,
) {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      if ((step === 0 && event.key !== "x") || isTyping(event)) return;
      const at =
        document.activeElement instanceof HTMLElement
          ? Number(document.activeElement.dataset["row"] ?? -1)
          : -1;
      if (step === 0) {
        if (at >= 0) toggle(at);
        return;
      }
      const next = Math.min(count - 1, Math.max(0, at + step));
      if (count === 0) return;
      event.preventDefault();
      show(next);
      const focus = (tries: number) => {
        const link = document.querySelector<HTMLElement>(`[data-row="${next}"]`);
        if (link !== null) link.focus({ preventScroll: tries === 0 });
        else if (tries < 10) requestAnimationFrame(() => focus(tries + 1));
      };
      focus(0);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

/** Whether a key belongs to a field or a dialog, and is no command. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return true;
  const { target } = event;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input:not([type=checkbox]), textarea, select, [role=dialog]") !== null ||
      target.closest("[role=alertdialog]") !== null)
  );
}
