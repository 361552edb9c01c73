import { type ExecutionResult, subscriptionExchange } from "@urql/core";
import type { Client } from "graphql-ws";

/** An exchange for subscriptions over a WebSocket; it is the last one. */
export function webSocketExchange(webSocket: Client) {
  return subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: ({ next, error, complete }) => ({
        unsubscribe: webSocket.subscribe(
          { query, variables: { ...variables } },
          { next: (result) => next(result as ExecutionResult), error, complete },
        ),
      }),
    }),
  });
}
