import { exportAndImport } from "../graphql-codegen/src/program.ts";
import { Session } from "../session/session.ts";
import type { Outcome, Service } from "../support/example.ts";
import { createClient } from "./client.ts";

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");
  const execute = createClient(url, session);
  return exportAndImport({ query: execute, mutate: execute });
}
