// Why the last draft of a category was discarded, for its authors.
import { useQuery } from "urql";
import { LAST_DISCARD } from "../drafts/queries.ts";
import type { Category } from "../graphql/generated/graphql.ts";
import { when } from "../messages/format.ts";
import { texts } from "../drafts/texts.ts";

interface DiscardNoteProps {
  id: string;
  category: Category;
  /** When the published document last changed: an earlier reason is about an earlier one. */
  lastUpdated: string | null;
}

export function DiscardNote({ id, category, lastUpdated }: DiscardNoteProps) {
  const [{ data }] = useQuery({
    query: LAST_DISCARD,
    variables: { id, category, ...(lastUpdated === null ? {} : { since: lastUpdated }) },
    requestPolicy: "cache-and-network",
  });
  const last = data?.imports?.nodes[0];
  if (last?.reason == null) return null;
  return (
    <div className="draft-bar">
      <p>
        {texts.wasDiscarded(last.author, when(last.createdAt))}{" "}
        <q className="reason" dir="auto">
          {last.reason}
        </q>
      </p>
    </div>
  );
}
