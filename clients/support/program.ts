// Every code generator is tried with the same small program: log in, export a document, plan an
// import of an edited list, carry out exactly that plan, repeat it, and send an item that is not
// allowed. The edit names one field of a stored item, so that a client that sends null for fields
// that were left out is found: it would clear them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { EVENT, MOVIE, TITLE, type Outcome, type Service } from "./example.ts";
import { ADMIN, startServer, type Server } from "./server.ts";
import { logIn } from "./tokens.ts";

export function testProgram(tool: string, program: (service: Service) => Promise<Outcome>): void {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test(`${tool}: exports, plans, imports and reads what is refused`, async () => {
    const before = await timeline(server);
    const outcome = await program({ url: server.url, ...ADMIN });
    const after = await timeline(server);

    expect(outcome.fileName).toBe(`${MOVIE}-timeline.json`);
    expect(outcome.dates).toEqual(before.data.events.map(({ date }) => date));
    expect(outcome.revision).toBe(before.metadata.revision);
    expect(outcome.planned.status.toUpperCase()).toBe("PLANNED");
    expect(outcome.planned.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(outcome.planned.changes.map(({ op }) => op.toUpperCase())).toEqual(["UPDATE", "ADD"]);
    expect(outcome.planned.changes[0]?.path).toBe("/events/0/title");
    expect(outcome.imported.status.toUpperCase()).toBe("PUBLISHED");
    expect(outcome.imported.revision).toBe(before.metadata.revision + 1);
    expect(outcome.repeated.status.toUpperCase()).toBe("UNCHANGED");
    expect(outcome.refused.errors).toEqual([{ path: "/events/0/date", code: "REQUIRED" }]);
    expect(after.metadata.revision).toBe(before.metadata.revision + 1);
    const [first, ...rest] = before.data.events;
    const edited = [{ ...first, title: TITLE }, ...rest];
    expect(after.data.events).toEqual([...edited, { ...EVENT, id: expect.any(String) }]);
  });
}

interface Timeline {
  data: { events: { id: string; date: string; title: string }[] };
  metadata: { revision: number };
}

/** The document as REST exports it, to compare with what a client saw. */
async function timeline(server: Server): Promise<Timeline> {
  const { access } = await logIn(server);
  const response = await fetch(`${server.url}/api/v1/admin/movies/${MOVIE}/export/timeline`, {
    headers: { Authorization: `Bearer ${access}` },
  });
  return (await response.json()) as Timeline;
}
