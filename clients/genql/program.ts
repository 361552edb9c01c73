import { createClient, type ImportOptionsInput } from "./generated/index.ts";
import { Session } from "../session/session.ts";
import { edit, MOVIE, type Outcome, type Service } from "../support/example.ts";

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const session = new Session(url);
  if (!(await session.logIn(email, password))) throw new Error("the log-in was refused");
  const client = createClient({ url: `${url}/graphql`, headers: () => session.headers });

  const { movieExport } = await client.query({
    movieExport: {
      __args: { movieId: MOVIE, category: "TIMELINE" },
      fileName: true,
      metadata: { revision: true },
      data: { __typename: true, on_Timeline: { events: { id: true, date: true, title: true } } },
    },
  });
  if (movieExport?.data.__typename !== "Timeline") throw new Error("there is no timeline");

  const importEvents = async (events: object[], options: ImportOptionsInput) => {
    const { importCategory } = await client.mutation({
      importCategory: {
        __args: { input: { movieId: MOVIE, data: { timeline: { events } }, options } },
        status: true,
        plan: { digest: true, changes: { path: true, op: true, before: true, after: true } },
        movieExport: { metadata: { revision: true } },
        userErrors: { path: true, code: true },
      },
    });
    return importCategory;
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
