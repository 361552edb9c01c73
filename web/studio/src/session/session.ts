// The signed-in account. The access token is in memory only; the refresh token is in a cookie that
// scripts cannot read. All tabs of the browser share one session.
import { exclusively } from "./lock.ts";
import type { PasswordChange, PasswordRefusal } from "./password.ts";
import { storage } from "./storage.ts";

export type Role = "USER" | "VIEWER" | "CONTRIBUTOR" | "ADMIN";

export interface Viewer {
  id: string;
  email: string;
  role: Role;
}

export type SessionState =
  /** The page has just been opened and looks whether there is a session. */
  | { status: "restoring" }
  | { status: "signed-out" }
  | { status: "signed-in"; viewer: Viewer }
  /** The session has ended while the page was open; the page waits for a new log-in. */
  | { status: "expired"; viewer: Viewer };

export type Refusal =
  { reason: "wrong" } | { reason: "too-many"; seconds: number } | { reason: "unreachable" };

/** The answer to a log-in, as the service writes it. */
export interface Tokens {
  access_token: string;
  expires_in: number;
}

interface Token {
  access: string;
  expiresAt: number;
}

type Message = { kind: "signed-in"; token: Token; viewer: Viewer } | { kind: "signed-out" };

const REFRESH_BEFORE_MS = 60_000;
/** Says that there may be a cookie, so that a first visit does not ask for a session in vain. */
const HINT = "reelport.signed-in";
export const CSRF = { "X-CSRF-Protection": "1" };
const VIEWER = "{ viewer { id email role } }";

class Session {
  private state: SessionState = { status: "restoring" };
  private token: Token | null = null;
  private renewal: Promise<boolean> | null = null;
  private waiting: (() => void)[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly channel = new BroadcastChannel("reelport-session");

  constructor() {
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
  }

  get current(): SessionState {
    return this.state;
  }

  get accessToken(): string | null {
    return this.token?.access ?? null;
  }

  /** Whether the access token ends so soon that a request should renew it first. */
  get isStale(): boolean {
    return this.token !== null && this.token.expiresAt - REFRESH_BEFORE_MS < Date.now();
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly snapshot = () => this.state;

  /** Continues the session of an earlier visit, if there is one. */
  async restore(): Promise<void> {
    const isKnown = storage.get(HINT) !== null;
    const isRestored = isKnown && (await this.refresh().catch(() => false));
    if (!isRestored && this.state.status === "restoring") this.set({ status: "signed-out" });
  }

  /** Says that the page will be opened with a new session, so that it is restored then. */
  expectSession(): void {
    storage.set(HINT, "1");
  }

  async signIn(email: string, password: string): Promise<Refusal | null> {
    let response: Response;
    try {
      response = await post("login", { email, password, cookie: true });
    } catch {
      return { reason: "unreachable" };
    }
    if (response.status === 401 || response.status === 422) return { reason: "wrong" };
    if (response.status === 429) {
      return { reason: "too-many", seconds: Number(response.headers.get("Retry-After")) };
    }
    if (!response.ok) return { reason: "unreachable" };
    const tokens = (await response.json()) as Tokens;
    return (await this.accept(tokens)) ? null : { reason: "unreachable" };
  }

  /** Changes the password. The session ends with the others, and goes on as a new one. */
  async changePassword(change: PasswordChange): Promise<PasswordRefusal | null> {
    const { changePassword } = await import("./password.ts");
    // Waits for a refresh of another tab, whose cookie would replace that of the new session.
    return exclusively(async () => {
      const answer = await changePassword(this.token?.access ?? "", change);
      if (!("access_token" in answer)) return answer;
      return (await this.accept(answer)) ? null : { reason: "unreachable" };
    });
  }

  async signOut(): Promise<void> {
    const headers = this.token === null ? {} : { Authorization: `Bearer ${this.token.access}` };
    // Waits for a refresh of another tab, which would otherwise set the cookie again.
    await exclusively(() => post("logout", {}, headers)).catch(() => undefined);
    this.channel.postMessage({ kind: "signed-out" } satisfies Message);
    this.end();
  }

  /** Renews the access token; if the session has ended, waits until the user has signed in. */
  async renew(refused: string | null): Promise<void> {
    // Another request, or another tab, has renewed it meanwhile.
    if (refused !== null && this.token !== null && this.token.access !== refused) return;
    this.renewal ??= this.refresh().finally(() => (this.renewal = null));
    try {
      if (await this.renewal) return;
    } catch {
      // Out of reach: the request that needs the token fails too, and says so.
      return;
    }
    if (this.state.status === "signed-in") {
      this.set({ status: "expired", viewer: this.state.viewer });
    }
    if (this.state.status !== "expired") return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Ends the waiting for a log-in: the page starts anew with another account. */
  abandon(): void {
    this.end();
  }

  /** False if there is no session any more. Throws if the service cannot be reached. */
  private refresh(): Promise<boolean> {
    const before = this.token;
    return exclusively(async () => {
      // While this tab waited, another one may have told it the new token.
      if (this.token !== before && this.token !== null) return true;
      const response = await post("refresh", {});
      if (response.status === 401 || response.status === 422) {
        storage.remove(HINT);
        return false;
      }
      if (!response.ok) throw new Error(`the service answered ${response.status}`);
      return this.accept((await response.json()) as Tokens);
    });
  }

  private async accept(tokens: Tokens): Promise<boolean> {
    const token = {
      access: tokens.access_token,
      expiresAt: Date.now() + tokens.expires_in * 1000,
    };
    const known = "viewer" in this.state ? this.state.viewer : null;
    const viewer = (await fetchViewer(token.access)) ?? known;
    if (viewer === null) return false;
    this.adopt(token, viewer);
    this.channel.postMessage({ kind: "signed-in", token, viewer } satisfies Message);
    return true;
  }

  private adopt(token: Token, viewer: Viewer): void {
    const known = "viewer" in this.state ? this.state.viewer : null;
    if (known !== null && (known.id !== viewer.id || known.role !== viewer.role)) {
      // What the page holds was read with other rights.
      location.reload();
      return;
    }
    this.token = token;
    storage.set(HINT, "1");
    this.set({ status: "signed-in", viewer: known ?? viewer });
    const waiting = this.waiting;
    this.waiting = [];
    waiting.forEach((resume) => resume());
  }

  private end(): void {
    this.token = null;
    storage.remove(HINT);
    this.waiting = [];
    this.set({ status: "signed-out" });
  }

  private receive(message: Message): void {
    if (message.kind === "signed-in") this.adopt(message.token, message.viewer);
    else this.end();
  }

  private set(state: SessionState): void {
    if (state.status === this.state.status && state.status === "signed-in") return;
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}

/** Lives on if the page is closed, so that the browser gets the next cookie. */
function post(
  route: "login" | "refresh" | "logout",
  body: object,
  headers = {},
): Promise<Response> {
  return fetch(`/api/v1/auth/${route}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...CSRF, ...headers },
    body: JSON.stringify(body),
    keepalive: true,
  });
}

async function fetchViewer(token: string): Promise<Viewer | null> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: VIEWER }),
  });
  const { data } = (await response.json()) as { data?: { viewer: Viewer | null } };
  return data?.viewer ?? null;
}

export const session = new Session();
