// Files that are imported together: options, a dry run as a job, and the import after it.
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { bytes } from "../../messages/format.ts";
import { t } from "../../messages/index.ts";
import { Button, Radios, Select } from "../../ui/controls.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Bar } from "../../jobs/Progress.tsx";
import type { TextFile } from "../files.ts";
import type { BulkOptions } from "./send.ts";
import { change, leave, startDryRun, stop, type Bulk } from "./store.ts";
import "../../jobs/jobs.css";
import "./bulkImport.css";

const DryRun = lazy(() => import("./DryRun.tsx").then(({ DryRun }) => ({ default: DryRun })));

interface BulkPageProps {
  bulk: Bulk;
  /** Imports the texts one after the other instead. */
  onSingle: (texts: TextFile[]) => void;
}

export function BulkPage({ bulk, onSingle }: BulkPageProps) {
  const { name, size, texts, sending, dryRun, problem } = bulk;
  return (
    <div className="page plan-page bulk-page">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.importing.title}</h1>
          <p className="sub">
            <bdi>{name}</bdi>, {bytes(size)}
          </p>
        </div>
        {sending === null && (
          <>
            {texts.length > 0 && (
              <Button look="ghost" onPress={() => onSingle(texts)}>
                {t.bulkImport.single}
              </Button>
            )}
            <Button onPress={leave}>{t.bulkImport.other}</Button>
          </>
        )}
      </div>
      {problem !== null && (
        <p className="job-note failed" role="alert">
          {problem}{" "}
          <Link to="/jobs" className="link">
            {t.jobs.toJobs}
          </Link>
        </p>
      )}
      {sending !== null ? (
        <SendingView sending={sending} />
      ) : dryRun === null ? (
        <Options bulk={bulk} />
      ) : (
        <Suspense fallback={<Skeleton />}>
          <DryRun key={dryRun} id={dryRun} />
        </Suspense>
      )}
    </div>
  );
}

function SendingView({ sending }: { sending: NonNullable<Bulk["sending"]> }) {
  const { sent, total } = sending;
  const label = t.bulkImport.sending;
  return (
    <section className="bulk-sending" aria-label={label}>
      <h2>{label}</h2>
      <Bar fraction={total === 0 ? null : Math.min(1, sent / total)} label={label} />
      <p className="sub num">{t.bulkImport.sent(bytes(Math.min(sent, total)), bytes(total))}</p>
      <div>
        <Button onPress={stop}>{t.bulkImport.stop}</Button>
      </div>
    </section>
  );
}

const SOURCES = [
  ["llm-generated", "LLM_GENERATED"],
  ["manual", "MANUAL"],
  ["tmdb", "TMDB"],
] as const;

function Options({ bulk: { options, problem } }: { bulk: Bulk }) {
  return (
    <div className="bulk-options">
      <p>{t.bulkImport.lead}</p>
      <Radios<BulkOptions["target"]>
        label={t.bulkImport.target}
        name="target"
        value={options.target}
        options={[
          ["published", t.bulkImport.publish],
          ["draft", t.bulkImport.asDrafts],
        ]}
        onChange={(target) => change({ target })}
      />
      <Select<BulkOptions["source"]>
        label={t.importing.source}
        value={options.source}
        options={[
          ["", t.importing.sourceAuto],
          ...SOURCES.map(([value, name]) => [value, t.importing.sourceNames[name]] as const),
        ]}
        onChange={(source) => change({ source })}
      />
      <Select<BulkOptions["mode"]>
        label={t.importing.mode}
        value={options.mode}
        options={[
          ["merge", t.importing.modeMerge],
          ["replace", t.importing.modeReplace],
        ]}
        onChange={(mode) => change({ mode })}
      />
      <div>
        <Button
          look="main"
          isDisabled={problem === t.bulkImport.tooLarge}
          onPress={() => void startDryRun()}
        >
          {t.bulkImport.start}
        </Button>
      </div>
      <p className="sub">{t.bulkImport.kept}</p>
    </div>
  );
}
