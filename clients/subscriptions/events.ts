import { createClient } from "graphql-sse";
import type { Session } from "../session/session.ts";

/** Subscriptions as server-sent events, one request for each. */
export function createEventClient(service: string, session: Session) {
  return createClient({
    url: `${service}/graphql`,
    headers: () => session.headers,
    retryAttempts: 0, // a retry would begin at the first cursor again; see follow.ts
  });
}
