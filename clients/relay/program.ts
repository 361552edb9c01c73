import { commitMutation, fetchQuery, graphql } from "relay-runtime";
import { Session } from "../session/session.ts";
import { edit, MOVIE, type Outcome, type Service } from "../support/example.ts";
import { createEnvironment } from "./environment.ts";
import type { programExportQuery } from "./generated/programExportQuery.graphql.ts";
import type {
  ImportOptionsInput,
  programImportMutation,
} from "./generated/programImportMutation.graphql.ts";

const EXPORT = graphql`
  query programExportQuery($movieId: ID!) {
    movieExport(movieId: $movieId, category: TIMELINE) {
      fileName
      metadata {
        revision
      }
      data {
        __typename
        ... on Timeline {
          events {
            id
            date
            title
          }
        }
      }
    }
  }
`;

const IMPORT = graphql`
  mutation programImportMutation($input: ImportCategoryInput!) {
    importCategory(input: $input) {
      status
      plan {
        digest
        changes {
          path
          op
          before
          after
        }
      }
      movieExport {
        metadata {
          revision
        }
      }
      userErrors {
        path
        code
      }
    }
  }
`;

type Payload = programImportMutation["response"]["importCategory"];

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");
  const environment = createEnvironment(url, session);

  const query = fetchQuery<programExportQuery>(environment, EXPORT, { movieId: MOVIE });
  const movieExport = (await query.toPromise())?.movieExport;
  if (movieExport?.data.__typename !== "Timeline") throw new Error("there is no timeline");

  const importEvents = (events: object[], options: ImportOptionsInput): Promise<Payload> =>
    new Promise((resolve, reject) => {
      commitMutation<programImportMutation>(environment, {
        mutation: IMPORT,
        variables: { input: { movieId: MOVIE, data: { timeline: { events } }, options } },
        onCompleted: ({ importCategory }) => resolve(importCategory),
        onError: reject,
      });
    });
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
    planned: {
      status: planned.status,
      digest: planned.plan.digest,
      changes: planned.plan.changes.map(({ path, op }) => ({ path, op })),
    },
    imported: { status: imported.status, revision: imported.movieExport.metadata.revision },
    repeated: { status: repeated.status },
    refused: {
      status: refused.status,
      errors: refused.userErrors.map(({ path, code }) => ({ path, code })),
    },
  };
}
