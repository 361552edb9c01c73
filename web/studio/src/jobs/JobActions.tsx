// Cancel a job that is not finished, try again what it did not import, or revert what it published.
import { useState } from "react";
import { useMutation } from "urql";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { problemsOf } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { canRetry, canRevert, isFinished, optionsOf } from "./facts.ts";
import { CANCEL_JOB, RETRY_JOB, REVERT_JOB, type JobRow } from "./queries.ts";
import { useStartedJob } from "./useStartedJob.ts";

interface CancelProps {
  job: JobRow;
  /** Takes what the service says about the job after the call. */
  onChange: (job: JobRow) => void;
}

export function CancelJob({ job, onChange }: CancelProps) {
  const [isAsking, setAsking] = useState(false);
  const [, cancel] = useMutation(CANCEL_JOB);
  const confirm = async () => {
    const { data, error } = await cancel({ input: { id: job.id } });
    const problem = problemsOf([], error, data?.cancelJob.userErrors)?.rest;
    const after = data?.cancelJob.job;
    if (problem !== undefined || after == null) {
      showToast(problem ?? t.errors.unknown, { tone: "failed" });
      return;
    }
    onChange(after);
    if (!isFinished(after)) showToast(t.jobs.cancelRequested);
    else showToast(after.state === "CANCELED" ? t.jobs.canceled : t.jobs.finishedBefore);
  };
  // The question stays open if the job is finished meanwhile: the answer then says so.
  if (!isAsking && (isFinished(job) || job.isCancelRequested)) return null;
  return (
    <>
      <Button onPress={() => setAsking(true)}>{t.jobs.cancel}</Button>
      {isAsking && (
        <Confirm
          title={t.jobs.cancelTitle}
          action={t.jobs.cancel}
          dismiss={t.jobs.keepRunning}
          onClose={() => setAsking(false)}
          onConfirm={confirm}
        >
          {t.jobs.cancelText}
        </Confirm>
      )}
    </>
  );
}

export function RetryJob({ job }: { job: JobRow }) {
  const openStarted = useStartedJob();
  const [{ fetching }, retry] = useMutation(RETRY_JOB);
  const run = async () => {
    const { data, error } = await retry({ input: { id: job.id } });
    openStarted(data?.retryJob, error, t.jobs.retried);
  };
  if (!canRetry(job)) return null;
  return (
    <Button isBusy={fetching} onPress={() => void run()}>
      {optionsOf(job).isDryRun ? t.jobs.retryDryRun : t.jobs.retry}
    </Button>
  );
}

/** A dry run first shows which documents would be reverted; its page then reverts them. */
export function RevertJob({ job }: { job: JobRow }) {
  const openStarted = useStartedJob();
  const [{ fetching }, revert] = useMutation(REVERT_JOB);
  const run = async () => {
    const { data, error } = await revert({ input: { id: job.id, dryRun: true } });
    openStarted(data?.revertJob, error, t.jobs.revertPlans);
  };
  if (!canRevert(job)) return null;
  return (
    <Button isBusy={fetching} onPress={() => void run()}>
      {t.jobs.revert}
    </Button>
  );
}
