// Exports many movies as one file: what is in it, how far it is, and a way to stop it.
import { useEffect, useRef, useState } from "react";
import type { Category } from "../../graphql/generated/graphql.ts";
import { t } from "../../messages/index.ts";
import { fetchSchema, promptOf } from "../../movie/prompt.ts";
import { Button, Select } from "../../ui/controls.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { saveFile } from "../../ui/saveFile.ts";
import { showToast } from "../../ui/toasts.tsx";
import { CATEGORIES } from "../categories.ts";
import { CategoryChoice } from "../CategoryChoice.tsx";
import { isFiltered } from "../search.ts";
import { download, DownloadError, downloadLines, type Progress } from "./download.ts";
import { addressOf, type Subject } from "./request.ts";
import "./bulk.css";

type Format = "zip" | "ndjson" | "prompts";

interface ExportDialogProps {
  subject: Subject;
  /** How many movies are exported. */
  movies: number;
  onClose: () => void;
}

export function ExportDialog({ subject, movies, onClose }: ExportDialogProps) {
  const templates = subject.kind === "filtered" ? (subject.search.missing ?? []) : [];
  const [categories, setCategories] = useState<readonly Category[]>(
    templates.length > 0 ? templates : CATEGORIES,
  );
  const [format, setFormat] = useState<Format>("zip");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const isPrompts = format === "prompts";
  const read = CATEGORIES.filter(
    (category) => categories.includes(category) || (isPrompts && category === "BASIC_INFO"),
  );
  const address = addressOf(subject, read, format === "zip" ? "zip" : "ndjson");
  const trouble = categories.length === 0 ? t.bulk.noCategory : address ? problem : t.bulk.tooMany;

  const run = async () => {
    if (address === undefined) return;
    const controller = new AbortController();
    stop.current = controller;
    setProblem(null);
    setProgress({ bytes: 0, documents: 0 });
    try {
      const file = isPrompts
        ? await downloadLines(address, controller.signal, setProgress, await prompts(categories))
        : await download(address, controller.signal, setProgress);
      const name = `reelport-${new Date().toISOString().slice(0, 10)}${ENDINGS[format]}`;
      saveFile(name, file);
      showToast(t.bulk.exported(name, movies));
      onClose();
    } catch (error) {
      setProgress(null);
      if (controller.signal.aborted) return;
      const detail = error instanceof DownloadError ? error.detail : undefined;
      setProblem(t.bulk.failed(detail ?? t.errors.offlineExport));
    }
  };

  return (
    <Dialog title={t.bulk.title(movies)} isOpen onClose={onClose} isRequired={progress !== null}>
      <p className="sub">
        {subject.kind === "selected"
          ? t.bulk.ofSelection
          : isFiltered(subject.search)
            ? t.bulk.ofFilters
            : t.bulk.ofAll}{" "}
        {templates.length > 0 && t.bulk.templates}
      </p>
      <CategoryChoice
        label={t.bulk.categories}
        chosen={categories}
        isDisabled={progress !== null}
        onChange={setCategories}
      />
      <Select<Format>
        label={t.bulk.format}
        value={format}
        options={[
          ["zip", t.bulk.formats.zip],
          ["ndjson", t.bulk.formats.ndjson],
          ["prompts", t.bulk.formats.prompts],
        ]}
        onChange={setFormat}
      />
      {trouble !== null && (
        <p className="bulk-notice" role="alert">
          {trouble}
        </p>
      )}
      {progress !== null && (
        <div role="status" className="export-progress">
          <div className="progress on" aria-hidden="true" />
          <span className="num">
            {t.bulk.progress(progress.bytes, format === "zip" ? null : progress.documents)}
          </span>
        </div>
      )}
      <DialogActions>
        <Button
          look="ghost"
          onPress={() => {
            if (progress === null) onClose();
            else stop.current?.abort();
          }}
        >
          {progress === null ? t.common.cancel : t.bulk.stop}
        </Button>
        <Button
          look="main"
          icon="export"
          isBusy={progress !== null}
          isDisabled={address === undefined || categories.length === 0}
          onPress={() => void run()}
        >
          {progress === null ? t.bulk.start : t.bulk.running}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const ENDINGS: Record<Format, string> = {
  zip: ".zip",
  ndjson: ".ndjson",
  prompts: "-prompts.ndjson",
};

interface Envelope {
  movie_id: string;
  category: string;
  data: { title?: string; year?: string };
}

/**
 * Makes the line of a document the line of its prompt. The basic info of a movie comes before its
 * other documents: it has the title, which models know better than the id.
 */
async function prompts(categories: readonly Category[]): Promise<(line: string) => string | null> {
  const schemas = new Map(
    await Promise.all(
      categories.map(async (category) => [category, await fetchSchema(category)] as const),
    ),
  );
  let named = { id: "", name: "" };
  return (line) => {
    const document = JSON.parse(line) as Envelope;
    const { movie_id, data } = document;
    const category = document.category.toUpperCase() as Category;
    if (category === "BASIC_INFO" && data.title !== undefined) {
      const year = data.year === undefined ? "" : ` (${data.year})`;
      named = { id: movie_id, name: `"${data.title}"${year}` };
    }
    const schema = schemas.get(category);
    if (schema === undefined) return null;
    const movie = named.id === movie_id ? named.name : movie_id;
    const prompt = promptOf({ movie, category, document, schema });
    return JSON.stringify({ movie_id, category: document.category, prompt });
  };
}
