// The latest documents that a job did not import: which, where in the file, and why.
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useQuery } from "urql";
import { download, DownloadError } from "../catalogue/bulk/download.ts";
import { slugOf } from "../catalogue/categories.ts";
import { texts } from "../drafts/texts.ts";
import type { JobOutcome } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { sentence } from "../ui/problems.ts";
import { saveFile } from "../ui/saveFile.ts";
import { showToast } from "../ui/toasts.tsx";
import { failuresOf, isImport, isOfDrafts, keyOf } from "./facts.ts";
import { NAMED_MOVIES, type JobDetails, type JobFailure } from "./queries.ts";

interface FailuresProps {
  job: JobDetails;
  onMore?: () => void;
}

export function Failures({ job, onMore }: FailuresProps) {
  const { nodes, totalCount } = job.outcomes;
  const titles = useTitles(nodes);
  const failures = nodes.toReversed();
  const ofDrafts = isOfDrafts(job);
  const isAny = failuresOf(job) + job.counts.skipped > 0;
  const words = ofDrafts ? texts.jobs : t.jobs;
  return (
    <section className="section">
      <div className="section-head">
        <div>
          <h2>{words.failures}</h2>
          {failures.length > 0 && <p className="sub">{words.failuresText}</p>}
        </div>
        {isAny && isImport(job) && <Download id={job.id} />}
      </div>
      {failures.length === 0 ? (
        <p className="sub">{words.noFailures}</p>
      ) : (
        <ul className="job-failures">
          {failures.map((failure) => (
            <Failure key={failure.number} failure={failure} titles={titles} ofDrafts={ofDrafts} />
          ))}
        </ul>
      )}
      {onMore !== undefined ? (
        <p className="list-end">
          <Button look="ghost" onPress={onMore}>
            {t.common.showMore}
          </Button>
        </p>
      ) : (
        nodes.length < totalCount && (
          <p className="sub list-end">{words.moreFailures(nodes.length, totalCount)}</p>
        )
      )}
    </section>
  );
}

/** The titles of the movies that failures name; without those that do not exist. */
function useTitles(failures: JobFailure[]): ReadonlyMap<string, string> {
  const named = failures.map(({ movieId }) => movieId).filter((id) => id !== null);
  const key = [...new Set(named)].sort().join(" ");
  const [{ data }] = useQuery({
    query: NAMED_MOVIES,
    variables: { ids: key.split(" ") },
    pause: key === "",
    // A movie that was missing may have been added.
    requestPolicy: "cache-and-network",
  });
  return useMemo(() => {
    const titles = new Map<string, string>();
    for (const node of data?.nodes ?? [])
      if (node !== null && "id" in node) titles.set(node.id, node.title ?? node.id);
    return titles;
  }, [data]);
}

interface FailureProps {
  failure: JobFailure;
  titles: ReadonlyMap<string, string>;
  /** It is a draft, and stays open. */
  ofDrafts: boolean;
}

const TONES: { [Outcome in JobOutcome]?: string } = { CONFLICT: "conflict", REJECTED: "remove" };

function Failure({ failure, titles, ofDrafts }: FailureProps) {
  const { outcome, userErrors, omittedErrors, warnings, omittedWarnings } = failure;
  const isCanceled = ofDrafts && outcome === "SKIPPED" && userErrors.length === 0;
  return (
    <li>
      <div className="failure-head">
        <h3>
          <MovieName failure={failure} titles={titles} ofDrafts={ofDrafts} />
        </h3>
        <span className={`tag ${TONES[outcome] ?? ""}`}>{t.jobs.outcomes[outcome]}</span>
        {!ofDrafts && (
          <span className="sub breakable">
            <bdi>{placeOf(failure)}</bdi>
          </span>
        )}
      </div>
      <ul>
        {userErrors.map(({ path, message }, at) => (
          <li key={at}>
            {(path !== "" || !ofDrafts) && <code>{path === "" ? t.jobs.wholeDocument : path}</code>}{" "}
            <span dir="auto">{sentence(message)}</span>
          </li>
        ))}
        {isCanceled && <li>{texts.jobs.canceledBefore}</li>}
        {warnings.map(({ path, message }, at) => (
          <li key={`warning-${at}`} className="sub">
            {t.jobs.warning} {path !== "" && <code>{path}</code>}{" "}
            <span dir="auto">{sentence(message)}</span>
          </li>
        ))}
        {omittedWarnings > 0 && <li className="sub">{t.jobs.omittedWarnings(omittedWarnings)}</li>}
      </ul>
      {omittedErrors > 0 && <p className="sub">{t.jobs.omitted(omittedErrors)}</p>}
    </li>
  );
}

function MovieName({ failure: { movieId, category }, titles, ofDrafts }: FailureProps) {
  if (movieId === null) return t.jobs.unread;
  const title = titles.get(movieId);
  const name = category === null ? null : `, ${t.categories[category]}`;
  if (title === undefined)
    return (
      <>
        <bdi>{movieId}</bdi>
        {name} <span className="sub">({t.jobs.unknownMovie})</span>
      </>
    );
  return (
    <Link
      to="/movies/$id/$category"
      params={{ id: movieId, category: slugOf(category ?? "BASIC_INFO") }}
      search={ofDrafts ? { stage: "draft" } : {}}
      className="row-link"
    >
      <bdi>{title}</bdi>
      {name}
    </Link>
  );
}

/** Where a document is in the file of its job. */
function placeOf({ entry, line, index, number }: JobFailure): string {
  const { place } = t.jobs;
  const at = line !== null ? place.line(line) : index !== null ? place.index(index) : null;
  if (entry === null) return at ?? place.document(number);
  return at === null ? entry : `${entry}, ${at}`;
}

/** Saves the documents that were not imported as a file. A file that was cut short is not saved. */
function Download({ id }: { id: string }) {
  const [isBusy, setBusy] = useState(false);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setBusy(true);
    const key = keyOf(id);
    const address = `/api/v1/admin/jobs/${encodeURIComponent(key)}/failures`;
    try {
      const file = await download(address, controller.signal, () => undefined);
      const name = `job-${key}-failures.ndjson`;
      if (file.size === 0) showToast(t.jobs.nothingToSave, { tone: "failed" });
      else {
        saveFile(name, file);
        showToast(t.jobs.saved(name));
      }
    } catch (error) {
      if (controller.signal.aborted) return;
      const detail = error instanceof DownloadError ? error.detail : undefined;
      showToast(t.bulk.failed(detail ?? t.errors.offlineExport), { tone: "failed" });
    }
    setBusy(false);
  };
  return (
    <Button icon="export" isBusy={isBusy} onPress={() => void run()}>
      {isBusy ? t.jobs.downloading : t.jobs.download}
    </Button>
  );
}
