// The tokens of a signed-in user, for any client library. It needs `fetch` and nothing else.

interface Tokens {
  access_token: string;
  refresh_token: string;
}

export class Session {
  private tokens: Tokens | null = null;
  private renewal: Promise<boolean> | null = null;

  constructor(private readonly service: string) {}

  get accessToken(): string | null {
    return this.tokens?.access_token ?? null;
  }

  /** The header of a request; none without a token. */
  get headers(): Record<string, string> {
    return this.tokens === null ? {} : { Authorization: `Bearer ${this.tokens.access_token}` };
  }

  /** Signs in. False if the email or the password is wrong. */
  logIn(email: string, password: string): Promise<boolean> {
    return this.request("login", { email, password });
  }

  /** Renews the access token. False if the user has to log in again. */
  async refresh(): Promise<boolean> {
    if (this.tokens === null) return false;
    // Requests that fail at the same time share one renewal.
    this.renewal ??= this.request("refresh", { refresh_token: this.tokens.refresh_token });
    try {
      return await this.renewal;
    } finally {
      this.renewal = null;
    }
  }

  private async request(route: "login" | "refresh", body: object): Promise<boolean> {
    const response = await fetch(`${this.service}/api/v1/auth/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    // Only 401 says that the tokens are of no use; 429 and 503 pass.
    if (!response.ok && response.status !== 401) {
      throw new Error(`${route}: the service answered ${response.status}`);
    }
    this.tokens = response.ok ? ((await response.json()) as Tokens) : null;
    return this.tokens !== null;
  }
}
