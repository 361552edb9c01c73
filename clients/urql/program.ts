import type { OperationResult } from "@urql/core";
import { exportAndImport } from "../graphql-codegen/src/program.ts";
import { Session } from "../session/session.ts";
import type { Outcome, Service } from "../support/example.ts";
import { createClient } from "./client.ts";

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");
  const client = createClient(url, session);
  return exportAndImport({
    query: async (document, variables) => given(await client.query(document, variables)),
    mutate: async (document, variables) => given(await client.mutation(document, variables)),
  });
}

function given<Data>({ data, error }: OperationResult<Data>): Data {
  if (error) throw error;
  if (data === undefined) throw new Error("the answer has no data");
  return data;
}
