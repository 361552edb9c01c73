import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { ClientError, GraphQLClient, type Variables } from "graphql-request";
import type { Session } from "../session/session.ts";

export function createClient(service: string, session: Session) {
  const client = new GraphQLClient(`${service}/graphql`);
  return async function execute<Data, V extends Variables>(
    document: TypedDocumentNode<Data, V>,
    variables: V,
  ): Promise<Data> {
    const send = () => client.request<Data>(document, variables, session.headers);
    try {
      return await send();
    } catch (error) {
      const errors = error instanceof ClientError ? (error.response.errors ?? []) : [];
      const isExpired = errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
      if (!isExpired || !(await session.refresh())) throw error;
      return send();
    }
  };
}
