// One tab at a time. Tabs share the refresh cookie, and each refresh token is valid once: two tabs
// that refreshed at the same moment would look like a stolen token, and end the session.

import { storage } from "./storage.ts";

const NAME = "reelport-session";
const LEASE_MS = 10_000;
/** When a request began that may not have ended. */
const STARTED = "reelport-session.started";
/** How long the answer to such a request may take. */
const SETTLE_MS = 4_000;

/** Runs `work` while no other tab of this browser runs its own. */
export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const settled = () => afterUnfinished(work);
  // Web Locks need HTTPS or localhost. (The type says that they are always there.)
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? withLease(settled) : locks.request(NAME, settled);
}

/**
 * A page that is closed or reloaded gives its lock back, but its request goes on, and its answer sets
 * the next cookie. So a request that nobody has seen the end of is given time to end.
 */
async function afterUnfinished<T>(work: () => Promise<T>): Promise<T> {
  const rest = Number(storage.get(STARTED) ?? 0) + SETTLE_MS - Date.now();
  if (rest > 0 && rest <= SETTLE_MS) await pause(rest);
  storage.set(STARTED, `${Date.now()}`);
  try {
    return await work();
  } finally {
    storage.remove(STARTED);
  }
}

/** The same with a lease in the storage: write, wait until other writers are done, and look. */
async function withLease<T>(work: () => Promise<T>): Promise<T> {
  const own = Math.random().toString(36).slice(2);
  const holder = () => {
    const [owner, until] = (storage.get(NAME) ?? "").split(" ");
    return Number(until) > Date.now() ? owner : undefined;
  };
  const release = () => {
    if (holder() === own) storage.remove(NAME);
  };
  addEventListener("pagehide", release);
  for (;;) {
    if (holder() === undefined) {
      storage.set(NAME, `${own} ${Date.now() + LEASE_MS}`);
      // Without storage there is nothing to agree by.
      if (storage.get(NAME) === null) break;
      await pause(200 + Math.random() * 100);
      if (holder() === own) break;
    }
    await pause(60);
  }
  try {
    return await work();
  } finally {
    release();
    removeEventListener("pagehide", release);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
