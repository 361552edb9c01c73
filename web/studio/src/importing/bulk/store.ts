// The files that are imported together, from their choice until the import has started. They
// outlive visits of other pages of the Studio, and end with the tab.
import { useSyncExternalStore } from "react";
import { t } from "../../messages/index.ts";
import { showToast } from "../../ui/toasts.tsx";
import type { TextFile } from "../files.ts";
import { contentOf, fits } from "./content.ts";
import { SendError, sendFile, type BulkOptions, type SendProblem } from "./send.ts";
import { checksumOf } from "./zip.ts";

export interface Bulk {
  account: string;
  name: string;
  files: readonly File[];
  size: number;
  /** The same files as texts that can be imported one after the other; else empty. */
  texts: TextFile[];
  options: BulkOptions;
  sending: { isDryRun: boolean; sent: number; total: number } | null;
  /** The job of the dry run of these files with these options. */
  dryRun: string | null;
  /** Of what the dry run was about. */
  checksum: number | null;
  problem: string | null;
}

const OPTIONS: BulkOptions = { target: "published", mode: "merge", source: "" };

let current: Bulk | null = null;
let stopSending: AbortController | null = null;
/** The keys of requests that were not answered yet. */
let keys: { dryRun?: string | undefined; import?: string | undefined } = {};
const listeners = new Set<() => void>();

function set(next: Bulk | null): void {
  current = next;
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** The files that an account has chosen; null if there are none. */
export function useBulk(account: string): Bulk | null {
  const bulk = useSyncExternalStore(subscribe, () => current);
  return bulk?.account === account ? bulk : null;
}

/** Replaces the files that were chosen before. An import that is being sent goes on. */
export function choose(account: string, files: readonly File[], texts: TextFile[]): void {
  leave();
  const [first] = files;
  set({
    account,
    name: files.length === 1 && first !== undefined ? first.name : t.bulkImport.files(files.length),
    files,
    size: files.reduce((sum, { size }) => sum + size, 0),
    texts,
    options: OPTIONS,
    sending: null,
    dryRun: null,
    checksum: null,
    problem: fits(files) ? null : t.bulkImport.tooLarge,
  });
}

/** Forgets the files. */
export function leave(): void {
  if (current?.sending?.isDryRun === true) stopSending?.abort();
  keys = {};
  set(null);
}

/** Other options need another dry run. */
export function change(options: Partial<BulkOptions>): void {
  if (current === null || current.sending !== null) return;
  keys = {};
  set({ ...current, options: { ...current.options, ...options }, dryRun: null, problem: null });
}

export const stop = () => stopSending?.abort();

export async function startDryRun(): Promise<void> {
  const id = await send(true);
  if (id === null || current === null) return;
  keys.dryRun = undefined;
  set({ ...current, dryRun: id });
}

/**
 * Starts the import of what the dry run was about. Calls `onStarted` with the job once the service
 * has said that it exists.
 */
export async function startImport(onStarted: (job: string) => void): Promise<void> {
  const chosen = current?.files;
  const id = await send(false);
  if (id === null) return;
  if (current?.files === chosen) leave();
  onStarted(id);
}

/** Sends the files. The id of the job; null if there is none, which is said on the page. */
async function send(isDryRun: boolean): Promise<string | null> {
  const before = current;
  if (before === null || before.sending !== null || !fits(before.files)) return null;
  const { files, options, size } = before;
  const controller = new AbortController();
  stopSending = controller;
  const isCurrent = () => current?.files === files;
  const update = (part: Partial<Bulk>) => {
    if (isCurrent() && current !== null) set({ ...current, ...part });
  };
  const kind = isDryRun ? "dryRun" : "import";
  const key = (keys[kind] ??= newKey());
  update({ problem: null, sending: { isDryRun, sent: 0, total: size } });
  try {
    const { content, checksum } = await read(files);
    if (isDryRun) update({ checksum });
    else if (checksum !== before.checksum) throw new SendError({ reason: "changed" });
    const { signal } = controller;
    const total = content.size;
    const onProgress = (sent: number) => update({ sending: { isDryRun, sent, total } });
    const id = await sendFile({ files, content, options, isDryRun, key, signal, onProgress });
    update({ sending: null });
    return isDryRun && !isCurrent() ? null : id;
  } catch (error) {
    if (controller.signal.aborted && !(error instanceof SendError)) {
      update({ sending: null });
      if (isCurrent()) showToast(t.bulkImport.stopped);
      return null;
    }
    const problem = error instanceof SendError ? sentenceOf(error.problem, isDryRun) : null;
    update({ sending: null, problem: problem ?? t.errors.unknown });
    // The page of the files may not be open any more.
    if (!isDryRun && (!isCurrent() || location.pathname !== "/import"))
      showToast(problem ?? t.errors.unknown, { tone: "failed" });
    return null;
  }
}

async function read(files: readonly File[]): Promise<{ content: Blob; checksum: number }> {
  try {
    const content = await contentOf(files);
    return { content, checksum: await checksumOf(content) };
  } catch {
    throw new SendError({ reason: "changed" });
  }
}

function sentenceOf(problem: SendProblem, isDryRun: boolean): string {
  const { problems } = t.bulkImport;
  switch (problem.reason) {
    case "refused":
      return problems.refused(problem.detail);
    case "unanswered":
      return isDryRun ? problems.unansweredDryRun : problems.unanswered;
    default:
      return problems[problem.reason];
  }
}

/** `crypto.randomUUID` needs HTTPS or localhost. */
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
