// Log-in through a real provider in a real browser: from GraphiQL and from the Studio to the
// provider and back.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { freePort, startServer, type Server } from "../support/server.ts";
import { CLIENT, startProvider, type RunningProvider } from "./provider.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

const WAYS = [
  // The provider's default: the ID token has the subject only.
  { what: "with claims from UserInfo", conformIdTokenClaims: true, userinfo: true },
  { what: "with claims from the ID token", conformIdTokenClaims: false, userinfo: false },
];

describe.each(WAYS)("a log-in $what", ({ conformIdTokenClaims, userinfo }) => {
  let provider: RunningProvider;
  let server: Server;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    provider = await startProvider(origin, { conformIdTokenClaims });
    server = await startServer({
      port,
      prepare: async (folder) => {
        const configuration = {
          issuer: provider.issuer,
          client_id: CLIENT.id,
          client_secret_file: "client-secret",
          public_url: origin,
          label: "Example",
          claims: { role: "groups" },
          roles: { editors: "CONTRIBUTOR" },
          create_accounts: true,
          userinfo,
        };
        await writeFile(path.join(folder, "client-secret"), CLIENT.secret);
        await writeFile(path.join(folder, "oidc.json"), JSON.stringify(configuration));
        return { REELPORT_OIDC: "oidc.json" };
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    await provider.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const begin = async () => {
    await page.goto(`${server.url}/graphiql`);
    await page.getByRole("link", { name: "Sign in with Example" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
  };
  const signIn = async (login: string) => {
    await page.getByPlaceholder("Enter any login").fill(login);
    await page.getByPlaceholder("and password").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
  };

  test("ends in GraphiQL, and the session goes on and can be ended", async () => {
    await begin();
    await signIn("ann");
    await page.getByText("Signed in as ann@idp.example").waitFor();
    expect(page.url()).toBe(`${server.url}/graphiql`);

    // Neither the code nor a token can be read by scripts, and the attempt is over.
    const cookies = await context.cookies(server.url);
    expect(cookies).toEqual([
      expect.objectContaining({ name: "reelport_refresh", httpOnly: true, sameSite: "Strict" }),
    ]);
    expect(await page.evaluate("document.cookie")).toBe("");

    const refresh = () =>
      page.evaluate(async () => {
        const response = await fetch("/api/v1/auth/refresh", {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRF-Protection": "1" },
          body: "{}",
        });
        return { status: response.status, body: (await response.json()) as Tokens };
      });
    const { status, body } = await refresh();
    expect(status).toBe(200);
    const answer = await fetch(server.graphql, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${body.access_token}` },
      body: JSON.stringify({ query: "{ viewer { name email role } }" }),
    });
    expect(((await answer.json()) as { data: unknown }).data).toEqual({
      viewer: { name: "The person ann", email: "ann@idp.example", role: "CONTRIBUTOR" },
    });

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect.poll(() => context.cookies(server.url)).toEqual([]);
    expect((await refresh()).status).not.toBe(200);
  });

  test("ends in the Studio, at the page that was asked for", async () => {
    await page.goto(`${server.url}/import?category=TRIVIA`);
    await page.getByRole("button", { name: "Sign in with Example" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await signIn("dora");
    await page.getByText("dora@idp.example").first().waitFor();
    await page.getByRole("heading", { name: "Import", exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/import");
    await page.reload();
    await page.getByText("dora@idp.example").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Reelport" }).waitFor();
    expect(await context.cookies(server.url)).toEqual([]);
  });

  test("that is cancelled can be tried again", async () => {
    await begin();
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByText("the log-in was cancelled").waitFor();
    expect(await context.cookies(server.url)).toEqual([]);
    await page.getByRole("link", { name: "Try again" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await signIn("ben");
    await page.getByText("Signed in as ben@idp.example").waitFor();
  });

  test("whose answer is sent twice is completed once", async () => {
    const answers: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/oidc/callback")) answers.push(request.url());
    });
    await begin();
    const [attempt] = await context.cookies(server.url);
    await signIn("cora");
    await page.getByText("Signed in as cora@idp.example").waitFor();
    const [answer] = answers;
    if (answer === undefined || attempt === undefined) throw new Error("there was no attempt");
    expect(new URL(answer).searchParams.get("iss")).toBe(provider.issuer);

    const headers = { Accept: "application/json" };
    const without = await fetch(answer, { headers, redirect: "manual" });
    expect(without.status).toBe(400);
    const cookie = `${attempt.name}=${attempt.value}`;
    const again = await fetch(answer, { headers: { ...headers, cookie }, redirect: "manual" });
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

interface Tokens {
  access_token: string;
}
