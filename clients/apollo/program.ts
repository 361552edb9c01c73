import { exportAndImport } from "../graphql-codegen/src/program.ts";
import { Session } from "../session/session.ts";
import type { Outcome, Service } from "../support/example.ts";
import { createClient } from "./client.ts";

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");
  const client = createClient(url, session);
  return exportAndImport({
    query: async (query, variables) => given((await client.query({ query, variables })).data),
    mutate: async (mutation, variables) =>
      given((await client.mutate({ mutation, variables })).data),
  });
}

function given<Data>(data: Data | null | undefined): Data {
  if (data === null || data === undefined) throw new Error("the answer has no data");
  return data;
}
