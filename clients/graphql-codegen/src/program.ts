// The program of the client tests, for every client that runs documents with types. A client only
// says how it runs a query and a mutation.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { edit, MOVIE, type Outcome } from "../../support/example.ts";
import type { ImportCategoryMutation, ImportOptionsInput } from "../generated/graphql.ts";
import { EXPORT_TIMELINE, IMPORT_CATEGORY } from "./operations.ts";

type Run = <Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

export interface TypedClient {
  query: Run;
  mutate: Run;
}

type Payload = ImportCategoryMutation["importCategory"];

export async function exportAndImport(client: TypedClient): Promise<Outcome> {
  const { movieExport } = await client.query(EXPORT_TIMELINE, { movieId: MOVIE });
  if (movieExport?.data.__typename !== "Timeline") throw new Error("there is no timeline");

  const importEvents = async (events: object[], options: ImportOptionsInput): Promise<Payload> => {
    const input = { movieId: MOVIE, data: { timeline: { events } }, options };
    return (await client.mutate(IMPORT_CATEGORY, { input })).importCategory;
  };
  const edited = edit(movieExport.data.events);
  const planned = await importEvents(edited, { dryRun: true });
  if (!planned.plan) throw new Error("there is no plan");
  const imported = await importEvents(edited, { expectedPlan: planned.plan.digest });
  if (!imported.movieExport) throw new Error("there is no export after the import");
  const repeated = await importEvents(edited, {});
  const refused = await importEvents([{ title: "Without a date" }], {});

  return {
    fileName: movieExport.fileName,
    dates: movieExport.data.events.map(({ date }) => date),
    revision: movieExport.metadata.revision,
    planned: { status: planned.status, ...planned.plan },
    imported: { status: imported.status, revision: imported.movieExport.metadata.revision },
    repeated: { status: repeated.status },
    refused: {
      status: refused.status,
      errors: refused.userErrors.map(({ path, code }) => ({ path, code })),
    },
  };
}
