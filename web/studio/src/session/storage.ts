// What all tabs of the browser know. It never has a token.

/** The browser may refuse its storage; then a reload asks for a log-in. */
export const storage = {
  get: (key: string) => attempt(() => localStorage.getItem(key)),
  /** Returns whether the browser has stored it. */
  set: (key: string, value: string): boolean =>
    attempt(() => {
      localStorage.setItem(key, value);
      return true;
    }) ?? false,
  remove: (key: string) => attempt(() => localStorage.removeItem(key)),
};

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
