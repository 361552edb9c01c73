// All credits and nominations of a person, which a split needs to undo a merge.
import type { Client } from "urql";
import { FILMOGRAPHY, filmographyOf, NOMINATIONS, nominationsOf } from "./queries.ts";

const PAGE = 100;
const FRESH = { requestPolicy: "network-only" } as const;

export interface Parts {
  creditIds: string[];
  nominationIds: string[];
}

interface Page<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

async function allOf<Node>(
  read: (after: string | null) => Promise<Page<Node> | null>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let page = await read(null); page !== null; page = await read(page.pageInfo.endCursor)) {
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) break;
  }
  return nodes;
}

export async function partsOf(client: Client, id: string): Promise<Parts> {
  const credits = await allOf(async (after) => {
    const { data, error } = await client.query(FILMOGRAPHY, { id, first: PAGE, after }, FRESH);
    if (error !== undefined) throw error;
    return data === undefined ? null : filmographyOf(data);
  });
  const nominations = await allOf(async (after) => {
    const { data, error } = await client.query(NOMINATIONS, { id, first: PAGE, after }, FRESH);
    if (error !== undefined) throw error;
    return data === undefined ? null : nominationsOf(data);
  });
  return {
    creditIds: credits.map(({ creditId }) => creditId),
    nominationIds: nominations.map(({ nominationId }) => nominationId),
  };
}
