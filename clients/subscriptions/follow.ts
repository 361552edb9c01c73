import type { Session } from "../session/session.ts";

const QUERY = `subscription Changes($after: String) {
  changes(after: $after) { cursor kind movieId category revision }
}`;

export interface Change {
  cursor: string;
  kind: string;
  movieId: string;
  category: string | null;
  revision: number | null;
}

/** The client of graphql-ws or of graphql-sse. */
interface Client {
  iterate(request: {
    query: string;
    variables: Record<string, unknown>;
  }): AsyncIterable<{ data?: unknown; errors?: unknown }>;
}

/**
 * The changes after a cursor, without end. After an interruption it continues after the last change
 * that was processed, so that none is missed and none comes twice.
 */
export async function* followChanges(
  client: Client,
  session: Session,
  after: string | null,
): AsyncGenerator<Change> {
  for (;;) {
    try {
      for await (const { data, errors } of client.iterate({ query: QUERY, variables: { after } })) {
        if (errors) throw errors;
        const { changes } = data as { changes: Change };
        yield changes;
        after = changes.cursor;
      }
    } catch (failure) {
      if (isUnauthenticated(failure)) {
        if (!(await session.refresh())) throw failure;
      } else if (!isInterruption(failure)) {
        throw failure;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500 + 500 * Math.random()));
  }
}

/** GraphQL errors are a list; of a connection, the code of its end or the response is known. */
interface Failure {
  code?: number;
  response?: Response | null;
}

function isUnauthenticated(failure: unknown): boolean {
  const { code = 0, response } = failure as Failure;
  return (
    [4401, 4403].includes(code) ||
    response?.status === 401 ||
    (Array.isArray(failure) && failure[0]?.extensions?.code === "UNAUTHENTICATED")
  );
}

/** Whether the same subscription may succeed later: not if the request itself is wrong. */
function isInterruption(failure: unknown): boolean {
  const { code = 0, response } = failure as Failure;
  if (Array.isArray(failure) || code >= 4000) return false;
  return !response || response.status === 429 || response.status >= 500;
}
