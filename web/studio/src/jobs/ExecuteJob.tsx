// The button that does what a dry run planned. The service has its documents: nothing is sent again.
import { useRef } from "react";
import { useMutation } from "urql";
import { texts } from "../drafts/texts.ts";
import { randomKey } from "../graphql/randomKey.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { canExecute, optionsOf } from "./facts.ts";
import { EXECUTE_JOB, type JobRow } from "./queries.ts";
import { useStartedJob } from "./useStartedJob.ts";

interface ExecuteJobProps {
  job: JobRow;
  onStarted?: () => void;
}

export function ExecuteJob({ job, onStarted }: ExecuteJobProps) {
  const openStarted = useStartedJob();
  const [{ fetching }, execute] = useMutation(EXECUTE_JOB);
  // A request that is sent again, after a lost answer, starts one job.
  const key = useRef(randomKey());
  if (!canExecute(job)) return null;
  const run = async () => {
    const { data, error } = await execute({
      input: { id: job.id, idempotencyKey: key.current },
    });
    if (openStarted(data?.executeJob, error, t.jobs.executed)) onStarted?.();
  };
  const { planned } = job.counts;
  return (
    <Button look="main" isBusy={fetching} onPress={() => void run()}>
      {labelOf(job)(planned)}
    </Button>
  );
}

/** What the button says, for a number of documents. */
function labelOf(job: JobRow): (planned: number) => string {
  switch (job.kind) {
    case "PUBLISH_DRAFTS":
      return texts.bulk.publish;
    case "DISCARD_DRAFTS":
      return texts.bulk.discard;
    case "REVERT":
      return t.jobs.revertPlanned;
    // An export is never a dry run.
    case "EXPORT":
    case "IMPORT":
      return optionsOf(job).isDraft ? t.jobs.draftPlanned : t.jobs.publishPlanned;
  }
}
