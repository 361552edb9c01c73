import { WebSocket } from "ws";
import { createWebSocketClient } from "../subscriptions/websocket.ts";
import { testSubscriptions } from "../support/subscriptions.ts";
import { createClient } from "./client.ts";
import { webSocketExchange } from "./subscriptions.ts";

testSubscriptions("urql", (url, session) => {
  const webSocket = createWebSocketClient(url, session, WebSocket);
  const client = createClient(url, session, webSocketExchange(webSocket));
  return {
    subscribe: (document, variables, { onData, onError }) => {
      const results = client.subscription(document, variables);
      const subscription = results.subscribe(({ data, error }) => {
        if (error) onError(error);
        if (data) onData(data);
      });
      return { stop: () => subscription.unsubscribe() };
    },
    close: () => void webSocket.dispose(),
  };
});
