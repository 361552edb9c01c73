import createClient from "openapi-fetch";
import type { operations, paths } from "./generated/openapi.ts";
import { edit, MOVIE, type Outcome, type Service } from "../support/example.ts";

type Options = NonNullable<operations["import"]["parameters"]["query"]>;

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const client = createClient<paths>({ baseUrl: url });
  const login = await client.POST("/api/v1/auth/login", { body: { email, password } });
  if (!login.data) throw new Error(login.error.detail);
  const { access_token } = login.data;
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${access_token}`);
      return request;
    },
  });

  const path = { id: MOVIE, category: "timeline" };
  const {
    data: envelope,
    error,
    response,
  } = await client.GET("/api/v1/admin/movies/{id}/export/{category}", { params: { path } });
  if (!envelope) throw new Error(error.detail);
  const { events } = envelope.data as { events: { id: string; date: string }[] };
  const fileName = /filename="([^"]+)"/.exec(
    response.headers.get("Content-Disposition") ?? "",
  )?.[1];

  const importEvents = (list: object[], query: Options) =>
    client.POST("/api/v1/admin/movies/{id}/import/{category}", {
      params: { path, query },
      body: { category: "timeline", movie_id: MOVIE, data: { events: list } },
    });
  const edited = edit(events);
  const planned = await importEvents(edited, { dry_run: true });
  if (!planned.data) throw new Error(planned.error.detail);
  const { digest, changes } = planned.data.plan;
  const imported = await importEvents(edited, { expected_plan: digest });
  if (!imported.data) throw new Error(imported.error.detail);
  const repeated = await importEvents(edited, {});
  if (!repeated.data) throw new Error(repeated.error.detail);
  const refused = await importEvents([{ title: "Without a date" }], {});
  if (!refused.error) throw new Error("an event without a date was imported");

  return {
    fileName: fileName ?? "",
    dates: events.map(({ date }) => date),
    revision: envelope.metadata.revision,
    planned: { status: planned.data.status, digest, changes },
    imported: { status: imported.data.status, revision: imported.data.revision },
    repeated: { status: repeated.data.status },
    refused: {
      status: String(refused.response.status),
      errors: (refused.error.errors ?? []).map(({ path, code }) => ({ path, code })),
    },
  };
}
