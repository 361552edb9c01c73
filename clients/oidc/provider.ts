// A real OpenID Connect provider with pages for log-in and consent, and one person.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider, type Configuration } from "oidc-provider";

export const CLIENT = { id: "reelport", secret: "the-secret-of-the-client-in-the-tests" };

export interface RunningProvider {
  issuer: string;
  stop(): Promise<void>;
}

/** Starts a provider whose client is a service at this origin. */
export async function startProvider(
  service: string,
  configuration: Configuration = {},
): Promise<RunningProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // The service is at 127.0.0.1, so for browsers this is another site.
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${service}/api/v1/auth/oidc/callback`],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    cookies: { keys: ["a key of the tests"] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@idp.example`,
        email_verified: true,
        name: `The person ${id}`,
        groups: ["staff", "editors"],
      }),
    }),
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    ...configuration,
  });
  server.on("request", provider.callback());
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { issuer, stop };
}
