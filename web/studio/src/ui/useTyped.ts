import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

const TYPING_MS = 150;

/** What drops the text that is being typed in each field. */
const drops = new Set<() => void>();

/** Drops text that is not in the address yet. For removing all filters, which it would undo. */
export function dropTyped(): void {
  for (const drop of drops) drop();
}

/** The text of a field that is part of the address once typing has paused. */
export function useTyped(
  value: string,
  onChange: (text: string) => void,
): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const location = useLocation();
  useEffect(() => {
    // The address has changed by other means, for example the back button. (The value can be the
    // same as before: when all filters were removed before the text got into the address.)
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value, location]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  useEffect(() => {
    const drop = () => setText(sent.current);
    drops.add(drop);
    return () => void drops.delete(drop);
  }, []);
  return [text, setText];
}
