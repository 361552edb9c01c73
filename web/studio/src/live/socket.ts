// The connection for subscriptions, shared by the page. It is opened when something subscribes, and
// closed when nothing does any more. A WebSocket, since browsers allow only six requests without
// end at a time to a host, in all tabs together.
import { createClient, type Client } from "graphql-ws";
import { session } from "../session/session.ts";

let client: Client | null = null;
let isOpen = false;

export function socket(): Client {
  client ??= createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: () => ({ Authorization: `Bearer ${session.accessToken ?? ""}` }),
    // Whoever subscribes does so again, from the last cursor: see follow.ts.
    retryAttempts: 0,
    on: {
      connected: () => (isOpen = true),
      closed: () => (isOpen = false),
    },
  });
  return client;
}

export const isSocketOpen = () => isOpen;
