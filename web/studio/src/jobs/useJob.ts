// One job, as it is and as it goes on. The events of the service are followed until its end, also
// over interruptions: each begins with the job as it is then.
import { useCallback, useEffect, useState } from "react";
import { stringifyDocument, useClient, type CombinedError } from "urql";
import type { JobEventsSubscription, JobKind } from "../graphql/generated/graphql.ts";
import { follow, type Connection } from "../live/follow.ts";
import { COUNTS } from "../shell/queries.ts";
import { isFinished, listedOutcomes } from "./facts.ts";
import { JOB, JOB_EVENTS, type JobDetails, type JobRow } from "./queries.ts";

/** How many failures are listed at first, and at most: the page size of the service. */
const FIRST = 20;
const MOST = 100;
const FRESH = { requestPolicy: "network-only" } as const;

interface State {
  id: string;
  /** Null if there is no such job, undefined before it was read. */
  job: JobDetails | null | undefined;
  error: CombinedError | null;
  connection: Connection;
}

export interface FollowedJob extends Omit<State, "id"> {
  /** Takes over what a mutation answered. */
  update: (row: JobRow) => void;
  /** Undefined if all failures are listed, or as many as there may be. */
  showMore?: () => void;
  retry: () => void;
}

const start = (id: string): State => ({
  id,
  job: undefined,
  error: null,
  connection: "connecting",
});

export function useJob(id: string): FollowedJob {
  const client = useClient();
  const [state, setState] = useState(() => start(id));
  const [last, setLast] = useState(FIRST);
  const [attempt, setAttempt] = useState(0);
  /** Which outcomes are listed depends on the kind, which the first answer tells. */
  const [kind, setKind] = useState<JobKind>("IMPORT");

  useEffect(() => {
    let isStopped = false;
    let stop: () => void = () => undefined;
    const set = (part: Partial<State>) =>
      setState((before) => ({ ...(before.id === id ? before : start(id)), ...part }));
    const begin = async () => {
      const variables = { id, last, outcomes: listedOutcomes({ kind }) };
      const { data, error } = await client.query(JOB, variables, FRESH).toPromise();
      if (isStopped) return;
      if (data?.job != null && data.job.kind !== kind) {
        setKind(data.job.kind);
        return;
      }
      if (data === undefined || (data.job === null && error !== undefined)) {
        set({ error: error ?? null });
        return;
      }
      set({ job: data.job, error: null });
      if (data.job === null || isFinished(data.job)) return;
      stop = follow<JobEventsSubscription>({
        query: stringifyDocument(JOB_EVENTS),
        variables: () => variables,
        onData: ({ job }) => {
          set({ job });
          if (!isFinished(job)) return;
          stop();
          // The job may have added movies and drafts.
          void client.query(COUNTS, { withDrafts: true }, FRESH).toPromise();
        },
        onConnection: (connection) => set({ connection }),
      });
    };
    void begin();
    return () => {
      isStopped = true;
      stop();
    };
  }, [client, id, kind, last, attempt]);

  const shown = state.id === id ? state : start(id);
  const update = useCallback(
    (row: JobRow) =>
      setState((before) =>
        before.job == null || before.job.id !== row.id
          ? before
          : { ...before, job: { ...before.job, ...row } },
      ),
    [],
  );
  const hasMore = last < MOST && (shown.job?.outcomes.totalCount ?? 0) > last;
  return {
    ...shown,
    update,
    ...(hasMore ? { showMore: () => setLast(MOST) } : {}),
    retry: useCallback(() => setAttempt((before) => before + 1), []),
  };
}
