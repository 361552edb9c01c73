import { createClient } from "graphql-ws";
import type { Session } from "../session/session.ts";

/** Subscriptions over a WebSocket that is opened when there is something to subscribe to. */
export function createWebSocketClient(service: string, session: Session, webSocketImpl?: unknown) {
  return createClient({
    url: `${service.replace(/^http/, "ws")}/graphql`,
    webSocketImpl, // needed before Node 22
    connectionParams: () => session.headers,
    retryAttempts: 0, // a retry would begin at the first cursor again; see follow.ts
  });
}
