// The drafts before and after one in the queue, found by its place. The place stays the same when
// the draft is closed.
import { useQuery, type Client } from "urql";
import { NEIGHBOURS, type Neighbour } from "./queries.ts";
import { filterOf, type DraftsSearch } from "./search.ts";

export interface Neighbours {
  /** How many drafts are in the queue; undefined if it is not known yet. */
  total: number | undefined;
  previous: Neighbour | undefined;
  /** Undefined if there is none, null if it is not known yet. */
  next: Neighbour | undefined | null;
}

export function useNeighbours(search: DraftsSearch, at: string | undefined): Neighbours {
  const [{ data, fetching, stale }] = useQuery({
    query: NEIGHBOURS,
    variables: variablesOf(search, at),
    requestPolicy: "cache-and-network",
  });
  // While the neighbours of another draft are asked for, those of the one before may be here.
  const known = fetching && !stale ? undefined : data;
  return {
    total: data?.next?.totalCount,
    previous: known?.previous?.edges[0],
    next: known === undefined ? null : known.next?.edges[0],
  };
}

const variablesOf = (search: DraftsSearch, at: string | undefined) => ({
  filter: filterOf(search),
  at: at ?? null,
  withPrevious: at !== undefined,
});

/** Asks the service for the next draft; null if that fails. */
export async function readNext(
  client: Client,
  search: DraftsSearch,
  at: string | undefined,
): Promise<Neighbours["next"]> {
  const variables = variablesOf(search, at);
  const { data } = await client.query(NEIGHBOURS, variables, { requestPolicy: "network-only" });
  return data?.next == null ? null : data.next.edges[0];
}
