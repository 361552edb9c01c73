// Access tokens for tests.
import { createHmac } from "node:crypto";
import { ADMIN, type Server } from "./server.ts";

/** Logs in over REST, so that the client under test is not needed for it. */
export async function logIn(server: Server): Promise<{ access: string; refresh: string }> {
  const response = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(ADMIN),
  });
  if (!response.ok) throw new Error(`log-in: ${response.status} ${await response.text()}`);
  const tokens = (await response.json()) as { access_token: string; refresh_token: string };
  return { access: tokens.access_token, refresh: tokens.refresh_token };
}

/** The same token, but its time is over. It is signed as the server would have signed it. */
export function expired(token: string, server: Server): string {
  const [header = "", body = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  const old = { ...claims, iat: hourAgo - 3600, exp: hourAgo };
  const signed = `${header}.${Buffer.from(JSON.stringify(old)).toString("base64url")}`;
  const signature = createHmac("sha256", server.secret).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}
