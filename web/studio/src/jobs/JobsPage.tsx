// The jobs of the service, newest first, for admins.
import { getRouteApi, Link } from "@tanstack/react-router";
import { texts } from "../drafts/texts.ts";
import type { JobsQuery, JobState } from "../graphql/generated/graphql.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Select } from "../ui/controls.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { Notice } from "../ui/states.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { isExport, isFinished, isOfDrafts, keyOf, optionsOf, outcomesOf } from "./facts.ts";
import { JobProgress, StateTag } from "./Progress.tsx";
import { JOBS, type JobRow } from "./queries.ts";
import { filterOf, JOB_STATES, readJobsSearch } from "./search.ts";
import { useLiveJobs } from "./useLiveJobs.ts";
import "./jobs.css";

const route = getRouteApi("/jobs");
const PAGE = 50;
const jobsOf = (data: JobsQuery) => data.jobs;

export function JobsPage() {
  const { mayManage } = useViewer();
  return mayManage ? <Jobs /> : <NeedsRole title={t.jobs.title} role="ADMIN" />;
}

function Jobs() {
  useTitle(t.jobs.title);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = usePages(JOBS, { filter: filterOf(search), first: PAGE }, jobsOf);
  const isNarrowed = search.state !== undefined;
  return (
    <div className="page">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.jobs.title}</h1>
          <p className="sub">{t.jobs.lead}</p>
        </div>
        <Button icon="history" onPress={list.retry}>
          {t.jobs.refresh}
        </Button>
      </div>
      <div className="list-bar">
        <div className="filters" role="group" aria-label={t.jobs.filters}>
          <Select<JobState | "">
            isBare
            label={t.jobs.state}
            value={search.state ?? ""}
            options={[
              ["", t.jobs.anyState],
              ...JOB_STATES.map((each) => [each, t.jobs.states[each]] as const),
            ]}
            onChange={(state) =>
              void navigate({ search: readJobsSearch({ state }), replace: true })
            }
          />
        </div>
        <p className="sub num found" role="status">
          {list.isLoading && list.nodes.length === 0 ? t.common.loading : t.jobs.found(list.total)}
        </p>
      </div>
      <List list={list} empty={isNarrowed ? <NoneFits /> : <None />}>
        {(jobs) => <Table jobs={jobs} />}
      </List>
    </div>
  );
}

const NoneFits = () => <Notice title={t.jobs.emptyFilteredTitle}>{t.jobs.emptyFiltered}</Notice>;

const None = () => (
  <Notice
    title={t.jobs.emptyTitle}
    actions={
      <Link to="/import" className="button">
        {t.jobs.toImport}
      </Link>
    }
  >
    {t.jobs.emptyText}
  </Notice>
);

function Table({ jobs }: { jobs: JobRow[] }) {
  const rows = useLiveJobs(jobs);
  const { columns } = t.jobs;
  return (
    <table className="rows jobs">
      <thead>
        <tr>
          <th scope="col">{columns.job}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.documents}</th>
          <th scope="col">{columns.author}</th>
          <th scope="col">{columns.started}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((job) => (
          <Row key={job.id} job={job} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ job }: { job: JobRow }) {
  const { id, kind, author, createdAt, retryOf } = job;
  const { isDryRun } = optionsOf(job);
  const key = keyOf(id);
  return (
    <tr>
      <td>
        <Link to="/jobs/$id" params={{ id: key }} className="row-link">
          {t.jobs.kinds[kind]}
          <span className="visually-hidden"> {key}</span>
        </Link>{" "}
        {isDryRun && <span className="tag">{t.jobs.dryRun}</span>}
        {retryOf !== null && <span className="tag">{t.jobs.isRetry}</span>}
        <span className="sub breakable">
          <bdi>{subjectOf(job)}</bdi>
        </span>
      </td>
      <td className="job-state">
        <StateTag job={job} />
        {!isFinished(job) && <JobProgress job={job} label={`${t.jobs.progress}: ${key}`} />}
      </td>
      <td className="num">
        <Outcomes job={job} />
      </td>
      <td className="breakable">
        <bdi>{author}</bdi>
      </td>
      <td className="sub num" data-label={t.jobs.columns.started}>
        <span title={exactly(createdAt)}>{when(createdAt)}</span>
      </td>
    </tr>
  );
}

/** What the job is about: its file, or which drafts. */
function subjectOf(job: JobRow): string {
  const { isDraft, isOnlyAdditions, reason } = optionsOf(job);
  if (job.kind === "DISCARD_DRAFTS") return reason ?? "";
  if (job.kind === "PUBLISH_DRAFTS") return isOnlyAdditions ? texts.jobs.onlyAdditions : "";
  if (job.kind === "REVERT") return "";
  if (isExport(job)) return job.fileName ?? "";
  const target = isDraft ? t.jobs.intoDrafts : t.jobs.intoPublished;
  return job.fileName === null ? target : `${job.fileName}, ${target}`;
}

const FAILED = ["CONFLICT", "REJECTED"];

function Outcomes({ job }: { job: JobRow }) {
  const outcomes = outcomesOf(job);
  if (isExport(job)) return <span className="sub">{t.jobs.documents(job.done)}</span>;
  if (outcomes.length === 0)
    return <span className="sub">{(isOfDrafts(job) ? texts.found : t.jobs.documents)(0)}</span>;
  return (
    <ul className="job-outcomes">
      {outcomes.map(([outcome, number]) => (
        <li key={outcome} className={FAILED.includes(outcome) ? "failed" : ""}>
          {t.jobs.outcomeCount(number, outcome)}
        </li>
      ))}
    </ul>
  );
}
