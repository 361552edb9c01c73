// The dry run of files, as its job reports it, and the button that imports them.
import { ExecuteJob } from "../../jobs/ExecuteJob.tsx";
import { failuresOf, isFinished } from "../../jobs/facts.ts";
import { CancelJob } from "../../jobs/JobActions.tsx";
import { StateTag } from "../../jobs/Progress.tsx";
import type { JobDetails } from "../../jobs/queries.ts";
import { Report } from "../../jobs/Report.tsx";
import { useJob } from "../../jobs/useJob.ts";
import { t } from "../../messages/index.ts";
import { Button } from "../../ui/controls.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { change, leave, startDryRun } from "./store.ts";
import "../../ui/tables.css";

export function DryRun({ id }: { id: string }) {
  const followed = useJob(id);
  const { job, error } = followed;
  if (job == null) {
    if (job === null) return <Result job={null} />;
    return error === null ? <Skeleton /> : <Failure error={error} onRetry={followed.retry} />;
  }
  return (
    <>
      <div className="dry-run">
        <div className="section-head">
          <div role="status">
            <b>{t.bulkImport.title}</b> <StateTag job={job} />
          </div>
          <CancelJob job={job} onChange={followed.update} />
        </div>
        <Report job={job} followed={followed} />
      </div>
      {isFinished(job) && <Result job={job} />}
    </>
  );
}

/** The job is null if the service has removed it. */
function Result({ job }: { job: JobDetails | null }) {
  const isCompleted = job?.state === "COMPLETED";
  const planned = isCompleted ? job.counts.planned : 0;
  const failed = job === null ? 0 : failuresOf(job);
  return (
    <div className="plan-actions">
      <p role="status">
        {planned > 0
          ? t.bulkImport.ready(planned, failed)
          : isCompleted
            ? t.bulkImport.none
            : t.bulkImport.noResult}
      </p>
      <div className="plan-buttons">
        <Button onPress={() => change({})}>{t.bulkImport.change}</Button>
        {job !== null && <ExecuteJob job={job} onStarted={leave} />}
        {!isCompleted && (
          <Button look="main" onPress={() => void startDryRun()}>
            {t.bulkImport.again}
          </Button>
        )}
      </div>
    </div>
  );
}
