// How far a job is: its state, a bar, and a sentence.
import { share } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { texts } from "../drafts/texts.ts";
import { failuresOf, fractionOf, isFinished, isOfDrafts } from "./facts.ts";
import type { JobRow } from "./queries.ts";

const TONES = { QUEUED: "", RUNNING: "", COMPLETED: "", CANCELED: "change", FAILED: "remove" };

export function StateTag({ job }: { job: JobRow }) {
  const { state, isCancelRequested } = job;
  if (isCancelRequested && !isFinished(job))
    return <span className="tag change">{t.jobs.canceling}</span>;
  if (state === "COMPLETED" && failuresOf(job) > 0)
    return <span className="tag change">{t.jobs.withFailures}</span>;
  return <span className={`tag ${TONES[state]}`}>{t.jobs.states[state]}</span>;
}

/** The bar of a job that is not finished, with its rate and the remaining time. */
export function JobProgress({ job, label }: { job: JobRow; label: string }) {
  return (
    <div className="job-progress">
      <Bar fraction={fractionOf(job)} label={label} />
      <p className="sub num">{progressOf(job)}</p>
    </div>
  );
}

interface BarProps {
  /** From 0 to 1; null if it is not known. */
  fraction: number | null;
  label: string;
}

export function Bar({ fraction, label }: BarProps) {
  const percent = fraction === null ? null : Math.floor(fraction * 100);
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { "aria-valuenow": percent })}
    >
      <div style={{ width: `${percent ?? 0}%` }} />
    </div>
  );
}

function progressOf(job: JobRow): string {
  const { done, total, fileSize, filePosition, rate, remainingSeconds } = job;
  const parts = [(isOfDrafts(job) ? texts.jobs : t.jobs).done(done, total)];
  if (total === null && fileSize !== null && fileSize > 0)
    parts.push(t.jobs.ofFile(share(Math.min(filePosition, fileSize), fileSize)));
  if (rate !== null) parts.push(t.jobs.rate(rate));
  if (remainingSeconds !== null) parts.push(t.jobs.remaining(remainingSeconds));
  return parts.join(", ");
}
