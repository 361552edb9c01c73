import { type FormattedExecutionResult, print } from "graphql";
import type { Client } from "graphql-ws";
import { WebSocket } from "ws";
import { testSubscriptions, type SubscribingClient } from "../support/subscriptions.ts";
import { createEventClient } from "./events.ts";
import { createWebSocketClient } from "./websocket.ts";

/** The two libraries have the same interface. */
function adapt(client: Pick<Client, "subscribe" | "dispose">): SubscribingClient {
  return {
    subscribe: (document, variables, { onData, onError }) => {
      const stop = client.subscribe<never>(
        { query: print(document), variables },
        {
          next: ({ data, errors }: FormattedExecutionResult<never>) => {
            for (const error of errors ?? []) onError(error);
            if (data) onData(data);
          },
          error: onError,
          complete: () => undefined,
        },
      );
      return { stop };
    },
    close: () => void client.dispose(),
  };
}

testSubscriptions("graphql-ws", (url, session) =>
  adapt(createWebSocketClient(url, session, WebSocket)),
);
testSubscriptions("graphql-sse", (url, session) =>
  adapt(createEventClient(url, session) as Pick<Client, "subscribe" | "dispose">),
);
