// What a job did so far: its progress, its documents by outcome, and its failures. Also shown on
// the import page, for the dry run of a file.
import { t } from "../messages/index.ts";
import { Failures } from "./Failures.tsx";
import { texts } from "../drafts/texts.ts";
import { isExport, isFinished, isOfDrafts, notAttempted, outcomesOf } from "./facts.ts";
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
      {state === "COMPLETED" && done === 0 && (
        <p className="job-note">{isExport(job) ? t.jobs.nothingExported : t.jobs.noDocuments}</p>
      )}
      {!isExport(job) && <Counts job={job} />}
      <SkippedEntries job={job} />
      <Failures job={job} {...(followed.showMore ? { onMore: followed.showMore } : {})} />
    </>
  );
}

/** The entries of an archive that are not documents. */
function SkippedEntries({ job: { skippedEntryCount, skippedEntries } }: { job: JobDetails }) {
  if (skippedEntryCount === 0) return null;
  const more = skippedEntryCount - skippedEntries.length;
  return (
    <details className="job-entries">
      <summary>{t.jobs.skippedEntries(skippedEntryCount)}</summary>
      <ul>
        {skippedEntries.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi>
          </li>
        ))}
        {more > 0 && <li className="sub">{t.jobs.moreEntries(more)}</li>}
      </ul>
    </details>
  );
}

function Counts({ job }: { job: JobRow }) {
  const outcomes = outcomesOf(job);
  const left = notAttempted(job);
  const notes = isOfDrafts(job)
    ? texts.jobs.outcomeNotes
    : job.kind === "REVERT"
      ? t.jobs.revertNotes
      : t.jobs.outcomeNotes;
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
              <dd className="sub">{notes[outcome]}</dd>
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
