// A subscription without end: after an interruption it goes on where it was, with a renewed token
// if the old one has ended.
import { session } from "../session/session.ts";
import { isSocketOpen, socket } from "./socket.ts";

export type Connection = "connecting" | "live" | "waiting";

interface Followed<Data> {
  query: string;
  /** What to ask for when it begins, and again after each interruption. */
  variables: () => Record<string, unknown>;
  onData: (data: Data) => void;
  onConnection?: (state: Connection) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The service closes a connection with these when the token is missing, invalid or ended. */
const TOKEN_ENDED = [4401, 4403];

/** Follows until the returned function is called. */
export function follow<Data>(followed: Followed<Data>): () => void {
  const { query, variables, onData, onConnection } = followed;
  let isStopped = false;
  let stop: () => void = () => undefined;
  let pause = FIRST_PAUSE_MS;
  let isWaiting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = () => {
    if (isStopped) return;
    clearTimeout(timer);
    isWaiting = false;
    onConnection?.(isSocketOpen() ? "live" : "connecting");
    const unsubscribeOpened = socket().on("connected", () => {
      pause = FIRST_PAUSE_MS;
      onConnection?.("live");
    });
    const unsubscribe = socket().subscribe<Data>(
      { query, variables: variables() },
      {
        next: ({ data, errors }) => {
          if (isStopped) return;
          onConnection?.("live");
          if (data !== null && data !== undefined && errors === undefined) onData(data);
        },
        error: (reason) => again(reason),
        complete: () => again(null),
      },
    );
    stop = () => {
      unsubscribeOpened();
      unsubscribe();
    };
  };

  const again = (reason: unknown) => {
    if (isStopped) return;
    stop();
    isWaiting = true;
    onConnection?.("waiting");
    const wait = () => {
      timer = setTimeout(begin, pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
    if (isTokenEnded(reason)) void session.renew(session.accessToken).then(wait);
    else wait();
  };

  // The network is back: there is no need to wait.
  const onOnline = () => {
    if (!isWaiting) return;
    pause = FIRST_PAUSE_MS;
    clearTimeout(timer);
    timer = setTimeout(begin, 0);
  };
  addEventListener("online", onOnline);
  begin();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    removeEventListener("online", onOnline);
    stop();
  };
}

function isTokenEnded(reason: unknown): boolean {
  if (Array.isArray(reason)) {
    const [error] = reason as { extensions?: { code?: string } }[];
    return error?.extensions?.code === "UNAUTHENTICATED";
  }
  const code = (reason as { code?: number } | null)?.code;
  return code !== undefined && TOKEN_ENDED.includes(code);
}
