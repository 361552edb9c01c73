// The button that does what a dry run planned. The service has its documents: nothing is sent again.
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useMutation } from "urql";
import { texts } from "../drafts/texts.ts";
import { randomKey } from "../graphql/randomKey.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { problemsOf } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { canExecute, keyOf, optionsOf } from "./facts.ts";
import { EXECUTE_JOB, type JobRow } from "./queries.ts";

interface ExecuteJobProps {
  job: JobRow;
  onStarted?: () => void;
}

export function ExecuteJob({ job, onStarted }: ExecuteJobProps) {
  const navigate = useNavigate();
  const [{ fetching }, execute] = useMutation(EXECUTE_JOB);
  // A request that is sent again, after a lost answer, starts one job.
  const key = useRef(randomKey());
  if (!canExecute(job)) return null;
  const run = async () => {
    const { data, error } = await execute({
      input: { id: job.id, idempotencyKey: key.current },
    });
    const problem = problemsOf([], error, data?.executeJob.userErrors)?.rest;
    const started = data?.executeJob.job;
    if (problem !== undefined || started == null) {
      showToast(problem ?? t.errors.unknown, { tone: "failed" });
      return;
    }
    showToast(t.jobs.executed);
    onStarted?.();
    void navigate({ to: "/jobs/$id", params: { id: keyOf(started.id) } });
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
    case "IMPORT":
      return optionsOf(job).isDraft ? t.jobs.draftPlanned : t.jobs.publishPlanned;
  }
}
