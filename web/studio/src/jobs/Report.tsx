// What a job did so far: its progress, its documents by outcome, and its failures. Also shown on
// the import page, for the dry run of a file.
import { t } from "../messages/index.ts";
import { Failures } from "./Failures.tsx";
import { isFinished, notAttempted, outcomesOf } from "./facts.ts";
import { JobProgress } from "./Progress.tsx";
import type { JobDetails, JobRow } from "./queries.ts";
import type { FollowedJob } from "./useJob.ts";
import "./jobs.css";

interface ReportProps {
  job: JobDetails;
  followed: FollowedJob;
}

export function Report({ job, followed }: ReportProps) {
  const isOpen = !isFinished(job);
  const { isCancelRequested, state, error, done } = job;
  return (
    <>
      {isOpen && (
        <section className="job-now" aria-label={t.jobs.progress}>
          <JobProgress job={job} label={t.jobs.progress} />
          <p className="sub" role="status">
            {followed.connection === "waiting"
              ? t.jobs.waiting
              : isCancelRequested
                ? t.jobs.cancelingNote
                : state === "QUEUED" && t.jobs.waits}
          </p>
        </section>
      )}
      {state === "FAILED" && (
        <p className="job-note failed" role="alert">
          {t.jobs.failedNote(error ?? t.errors.unknown)}
        </p>
      )}
      {state === "COMPLETED" && done === 0 && <p className="job-note">{t.jobs.noDocuments}</p>}
      <Counts job={job} />
      <Failures job={job} {...(followed.showMore ? { onMore: followed.showMore } : {})} />
    </>
  );
}

function Counts({ job }: { job: JobRow }) {
  const outcomes = outcomesOf(job);
  const left = notAttempted(job);
  return (
    <section className="section">
      <div className="section-head">
        <h2>{t.jobs.count}</h2>
      </div>
      {outcomes.length === 0 && left === 0 ? (
        <p className="sub">{t.jobs.noOutcomes}</p>
      ) : (
        <dl className="job-counts">
          {outcomes.map(([outcome, number]) => (
            <div key={outcome} className={outcome.toLowerCase()}>
              <dt>{t.jobs.outcomes[outcome]}</dt>
              <dd className="num">{t.number(number)}</dd>
              <dd className="sub">{t.jobs.outcomeNotes[outcome]}</dd>
            </div>
          ))}
          {left !== null && left > 0 && (
            <div>
              <dt>{t.jobs.notAttempted}</dt>
              <dd className="num">{t.number(left)}</dd>
              <dd className="sub">{t.jobs.notAttemptedNote}</dd>
            </div>
          )}
        </dl>
      )}
    </section>
  );
}
