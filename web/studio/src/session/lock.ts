// One tab at a time. Tabs share the refresh cookie, and each refresh token is valid once: two tabs
// that refreshed at the same moment would look like a stolen token, and end the session.

const NAME = "reelport-session";
const LEASE_MS = 15_000;

/** Runs `work` while no other tab of this browser runs its own. */
export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks need HTTPS or localhost. (The type says that they are always there.)
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? withLease(work) : locks.request(NAME, work);
}

/** The same with a lease in the storage: write, wait until other writers are done, and look. */
async function withLease<T>(work: () => Promise<T>): Promise<T> {
  const own = Math.random().toString(36).slice(2);
  const holder = () => {
    const [owner, until] = (localStorage.getItem(NAME) ?? "").split(" ");
    return Number(until) > Date.now() ? owner : undefined;
  };
  for (;;) {
    if (holder() === undefined) {
      localStorage.setItem(NAME, `${own} ${Date.now() + LEASE_MS}`);
      await pause(40 + Math.random() * 40);
      if (holder() === own) break;
    }
    await pause(60);
  }
  try {
    return await work();
  } finally {
    if (holder() === own) localStorage.removeItem(NAME);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
