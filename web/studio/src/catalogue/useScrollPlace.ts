// The place in a long list. The router restores it when a page is shown, which for a list is too
// early: its rows are not there yet.
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useRef } from "react";

const places = new Map<string, number>();

/** Goes back to the place that this entry of the browser's history had, once there are rows. */
export function useScrollPlace(isReady: boolean): void {
  const entry = useRouterState({ select: ({ location }) => location.state.__TSR_key ?? "" });
  const restored = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (!isReady || restored.current !== null) return;
    restored.current = entry;
    const place = places.get(entry);
    // The router scrolls after its own layout effects.
    if (place !== undefined) requestAnimationFrame(() => scrollTo(0, place));
  }, [entry, isReady]);
  useEffect(() => {
    if (!isReady) return;
    const onScroll = () => void places.set(entry, scrollY);
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, [entry, isReady]);
}
