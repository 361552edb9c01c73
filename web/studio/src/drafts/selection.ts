// The drafts that are selected, each as it was seen: one with a later contribution is not selected
// any more.
import type { Client } from "urql";
import { createSelection } from "../ui/selection.ts";
import { SELECTED_DRAFTS } from "./queries.ts";

export const useSelectedDrafts = createSelection();

interface Seen {
  id: string;
  draftRevision: number;
}

export const seenAs = ({ id, draftRevision }: Seen) => `${id} ${draftRevision}`;
export const idOf = (seen: string) => seen.split(" ")[0] ?? "";

/** The most that the service answers at once. */
const PAGE = 100;

/** Those of the selected drafts that were changed or closed since; null if it is not known. */
export async function findChanged(
  client: Client,
  selected: readonly string[],
): Promise<string[] | null> {
  const now = new Set<string>();
  for (let at = 0; at < selected.length; at += PAGE) {
    const ids = selected.slice(at, at + PAGE).map(idOf);
    const { data } = await client.query(
      SELECTED_DRAFTS,
      { ids },
      { requestPolicy: "network-only" },
    );
    if (data === undefined) return null;
    for (const node of data.nodes) if (node?.__typename === "Draft") now.add(seenAs(node));
  }
  return selected.filter((each) => !now.has(each));
}
