import { useLocation } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";

const TYPING_MS = 150;

interface TypedText {
  text: string;
  setText: (text: string) => void;
  /** Puts the text into the address at once. For `onBlur`. */
  commit: () => void;
}

/**
 * The text of a field that is part of the address once typing has paused, or the field has lost
 * the focus. So nothing that is done elsewhere, for example removing all filters, is undone by
 * text that arrives late.
 */
export function useTyped(value: string, onChange: (text: string) => void): TypedText {
  const [text, setState] = useState(value);
  const typed = useRef(value);
  const sent = useRef(value);
  const setText = useCallback((next: string) => {
    typed.current = next;
    setState(next);
  }, []);
  const commit = useCallback(() => {
    if (typed.current === sent.current) return;
    sent.current = typed.current;
    onChange(typed.current);
  }, [onChange]);
  const location = useLocation();
  useEffect(() => {
    // The address has changed by other means, for example the back button. (The value can be the
    // same as before: when all filters were removed before the text got into the address.)
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value, location, setText]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(commit, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, commit]);
  return { text, setText, commit };
}
