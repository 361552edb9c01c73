import { WebSocket } from "ws";
import { createWebSocketClient } from "../subscriptions/websocket.ts";
import { testSubscriptions } from "../support/subscriptions.ts";
import { createClient } from "./client.ts";
import { withSubscriptions } from "./subscriptions.ts";

testSubscriptions("apollo", (url, session) => {
  const webSocket = createWebSocketClient(url, session, WebSocket);
  const client = withSubscriptions(createClient(url, session), webSocket);
  return {
    subscribe: (query, variables, { onData, onError }) => {
      const subscription = client.subscribe({ query, variables }).subscribe(({ data, error }) => {
        if (error) onError(error);
        if (data) onData(data);
      });
      return { stop: () => subscription.unsubscribe() };
    },
    close: () => void webSocket.dispose(),
  };
});
