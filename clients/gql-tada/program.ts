import type { ResultOf, TadaDocumentNode, VariablesOf } from "gql.tada";
import { print } from "graphql";
import { Session } from "../session/session.ts";
import { edit, MOVIE, type Outcome, type Service } from "../support/example.ts";
import { graphql } from "./graphql.ts";

const EXPORT = graphql(`
  query ExportTimeline($movieId: ID!) {
    movieExport(movieId: $movieId, category: TIMELINE) {
      id
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
`);

const IMPORT = graphql(`
  mutation ImportCategory($input: ImportCategoryInput!) {
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
        id
        metadata {
          revision
        }
      }
      userErrors {
        path
        code
        message
      }
    }
  }
`);

type Input = VariablesOf<typeof IMPORT>["input"];

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");

  async function execute<Data, Variables>(
    document: TadaDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...session.headers },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const { data, errors } = (await response.json()) as {
      data?: Data;
      errors?: { message: string }[];
    };
    if (data === undefined) throw new Error(errors?.[0]?.message);
    return data;
  }

  const { movieExport }: ResultOf<typeof EXPORT> = await execute(EXPORT, { movieId: MOVIE });
  if (movieExport?.data.__typename !== "Timeline") throw new Error("there is no timeline");

  const importEvents = async (events: object[], options: NonNullable<Input["options"]>) => {
    const input: Input = { movieId: MOVIE, data: { timeline: { events } }, options };
    return (await execute(IMPORT, { input })).importCategory;
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
