// The jobs of a list as they go on. Rows stay where they are; only what they say changes.
import { useEffect, useState } from "react";
import { stringifyDocument } from "urql";
import type { JobProgressSubscription } from "../graphql/generated/graphql.ts";
import { follow } from "../live/follow.ts";
import { isFinished, later } from "./facts.ts";
import { JOB_PROGRESS, type JobRow } from "./queries.ts";

/** The service allows 50 subscriptions for a connection, and works on the oldest jobs first. */
const MOST = 20;

export function useLiveJobs(listed: JobRow[]): JobRow[] {
  const [read, setRead] = useState<ReadonlyMap<string, JobRow>>(new Map());
  const rows = listed.map((row) => later(row, read.get(row.id)));
  const unfinished = rows.filter((row) => !isFinished(row)).map(({ id }) => id);
  const key = unfinished.slice(-MOST).join(" ");
  useEffect(() => {
    const stops = key
      .split(" ")
      .filter((id) => id !== "")
      .map((id) =>
        follow<JobProgressSubscription>({
          query: stringifyDocument(JOB_PROGRESS),
          variables: () => ({ id }),
          onData: ({ job }) => setRead((before) => new Map(before).set(id, job)),
        }),
      );
    return () => stops.forEach((stop) => stop());
  }, [key]);
  return rows;
}
