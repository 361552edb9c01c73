// One job, for admins: what it did so far, and what can be done about it.
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../drafts/texts.ts";
import { bytes, exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Icon } from "../ui/Icon.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { PageNotice } from "../ui/PageNotice.tsx";
import { Failure, Skeleton } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { ExecuteJob } from "./ExecuteJob.tsx";
import { isExport, isImport, isOfDrafts, keyOf, optionsOf } from "./facts.ts";
import { DownloadFile } from "./DownloadFile.tsx";
import { CancelJob, RetryJob, RevertJob } from "./JobActions.tsx";
import { StateTag } from "./Progress.tsx";
import type { JobDetails, JobRow } from "./queries.ts";
import { Report } from "./Report.tsx";
import { useJob, type FollowedJob } from "./useJob.ts";
import "../ui/tables.css";
import "../ui/tabs.css";

const route = getRouteApi("/jobs/$id");

export function JobPage() {
  const { mayManage } = useViewer();
  return mayManage ? <Followed /> : <NeedsRole title={t.jobs.title} role="ADMIN" />;
}

function Followed() {
  const { id } = route.useParams();
  const followed = useJob(id);
  const { job, error } = followed;
  useTitle(job == null ? t.jobs.title : `${t.jobs.kinds[job.kind]} ${keyOf(job.id)}`);
  if (job != null) return <JobView job={job} followed={followed} />;
  if (error !== null) return <Failure error={error} onRetry={followed.retry} />;
  if (job === undefined)
    return (
      <div className="page">
        <Skeleton />
      </div>
    );
  return (
    <PageNotice title={t.jobs.notFoundTitle} to="/jobs" label={t.jobs.toJobs}>
      {t.jobs.notFound}
    </PageNotice>
  );
}

function JobView({ job, followed }: { job: JobDetails; followed: FollowedJob }) {
  const { isDryRun } = optionsOf(job);
  return (
    <div className="page job">
      <header className="page-bar">
        <Link to="/jobs" className="back" aria-label={t.jobs.title}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1>
            {t.jobs.kinds[job.kind]}
            {isDryRun && <span className="tag">{t.jobs.dryRun}</span>}
          </h1>
          <p className="sub" title={exactly(job.createdAt)}>
            {t.jobs.startedBy(job.author, when(job.createdAt))}
          </p>
        </div>
        <div role="status">
          <StateTag job={job} />
        </div>
        <CancelJob job={job} onChange={followed.update} />
        <RetryJob job={job} />
        <RevertJob job={job} />
        <ExecuteJob job={job} />
        <DownloadFile job={job} />
      </header>
      {isDryRun && (
        <p className="job-note">
          {t.jobs.dryRunNote}{" "}
          {isOfDrafts(job) && (
            <Link to="/drafts" className="link">
              {texts.jobs.toDrafts}
            </Link>
          )}
          {isImport(job) && (
            <Link to="/import" className="link">
              {t.jobs.toImport}
            </Link>
          )}
        </p>
      )}
      <Report job={job} followed={followed} />
      <Details job={job} />
    </div>
  );
}

function Details({ job }: { job: JobRow }) {
  const { fields } = t.jobs;
  const { retryOf, rate, startedAt, finishedAt } = job;
  return (
    <section className="section">
      <div className="section-head">
        <h2>{t.jobs.details}</h2>
      </div>
      <dl className="job-fields">
        {isOfDrafts(job) && <DraftFields job={job} />}
        {isImport(job) && <ImportFields job={job} />}
        {isExport(job) && <FileFields job={job} />}
        <Field name={fields.created}>{exactly(job.createdAt)}</Field>
        <Field name={fields.began}>{startedAt !== null && exactly(startedAt)}</Field>
        <Field name={fields.finished}>{finishedAt !== null && exactly(finishedAt)}</Field>
        <Field name={fields.rate}>{rate !== null && t.jobs.rate(rate)}</Field>
        <Field name={fields.attempts}>{job.attempts > 0 && t.jobs.attempts(job.attempts)}</Field>
        <Field name={fields.retryOf}>
          {retryOf !== null && (
            <Link to="/jobs/$id" params={{ id: keyOf(retryOf.id) }} className="link">
              {t.jobs.retryOf(keyOf(retryOf.id))}
            </Link>
          )}
        </Field>
        <Field name={fields.id}>
          <code>{keyOf(job.id)}</code>
        </Field>
      </dl>
    </section>
  );
}

function ImportFields({ job }: { job: JobRow }) {
  const { fields } = t.jobs;
  const { isDraft, isReplace, source } = optionsOf(job);
  return (
    <>
      <FileFields job={job} />
      <Field name={fields.target}>
        {isDraft ? t.jobs.targets.draft : t.jobs.targets.published}
      </Field>
      <Field name={fields.mode}>
        {isReplace ? t.importing.modeReplace : t.importing.modeMerge}
      </Field>
      <Field name={fields.source}>{sourceName(source)}</Field>
    </>
  );
}

function FileFields({ job: { fileName, fileSize } }: { job: JobRow }) {
  const { fields } = t.jobs;
  return (
    <>
      <Field name={fields.file}>{fileName !== null && <bdi>{fileName}</bdi>}</Field>
      <Field name={fields.size}>{fileSize !== null && bytes(fileSize)}</Field>
    </>
  );
}

function DraftFields({ job }: { job: JobRow }) {
  const { isOnlyAdditions, reason } = optionsOf(job);
  return (
    <>
      <Field name={texts.jobs.selected}>{job.total !== null && texts.found(job.total)}</Field>
      <Field name={texts.jobs.more}>
        {job.kind === "PUBLISH_DRAFTS" &&
          (isOnlyAdditions ? texts.jobs.moreStays : texts.jobs.moreGoes)}
      </Field>
      <Field name={texts.reason}>{reason !== null && <bdi>{reason}</bdi>}</Field>
    </>
  );
}

/** Who wrote the documents, as the import page calls it. */
function sourceName(source: string | null): string {
  if (source === null) return t.importing.sourceAuto;
  const names: Record<string, string> = t.importing.sourceNames;
  return names[source.toUpperCase().replace("-", "_")] ?? source;
}

/** A field of a job; nothing if it has no value. */
function Field({ name, children }: { name: string; children: ReactNode }) {
  if (children === false) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
