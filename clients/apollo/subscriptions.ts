import { ApolloClient, ApolloLink } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import type { Client } from "graphql-ws";

/** The client with subscriptions over a WebSocket, and all else as before. */
export function withSubscriptions(client: ApolloClient, webSocket: Client): ApolloClient {
  client.setLink(
    ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(webSocket),
      client.link,
    ),
  );
  return client;
}
