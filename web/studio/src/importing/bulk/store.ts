// The files that are imported together, from their choice until the import has started: they are
// sent once, for a dry run, and the import does what the dry run planned. They outlive visits of
// other pages of the Studio, and end with the tab.
import { useSyncExternalStore } from "react";
import { randomKey } from "../../graphql/randomKey.ts";
import { t } from "../../messages/index.ts";
import { showToast } from "../../ui/toasts.tsx";
import type { TextFile } from "../files.ts";
import { contentOf, fits } from "./content.ts";
import { SendError, sendFile, type BulkOptions, type SendProblem } from "./send.ts";

export interface Bulk {
  account: string;
  name: string;
  files: readonly File[];
  size: number;
  /** The same files as texts that can be imported one after the other; else empty. */
  texts: TextFile[];
  options: BulkOptions;
  sending: { sent: number; total: number } | null;
  /** The job of the dry run of these files with these options. */
  dryRun: string | null;
  problem: string | null;
}

const OPTIONS: BulkOptions = { target: "published", mode: "merge", source: "" };

let current: Bulk | null = null;
let stopSending: AbortController | null = null;
/** The key of a request that was not answered yet. */
let key: string | null = null;
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

/** Replaces the files that were chosen before. */
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
    problem: fits(files) ? null : t.bulkImport.tooLarge,
  });
}

/** Forgets the files. */
export function leave(): void {
  if (current?.sending != null) stopSending?.abort();
  key = null;
  set(null);
}

/** Other options need another dry run. */
export function change(options: Partial<BulkOptions>): void {
  if (current === null || current.sending !== null) return;
  key = null;
  set({ ...current, options: { ...current.options, ...options }, dryRun: null, problem: null });
}

export const stop = () => stopSending?.abort();

export async function startDryRun(): Promise<void> {
  const id = await send();
  if (id === null || current === null) return;
  key = null;
  set({ ...current, dryRun: id });
}

/** Sends the files. The id of the job; null if there is none, which is said on the page. */
async function send(): Promise<string | null> {
  const before = current;
  if (before === null || before.sending !== null || !fits(before.files)) return null;
  const { files, options, size } = before;
  const controller = new AbortController();
  stopSending = controller;
  const isCurrent = () => current?.files === files;
  const update = (part: Partial<Bulk>) => {
    if (isCurrent() && current !== null) set({ ...current, ...part });
  };
  key ??= randomKey();
  update({ problem: null, sending: { sent: 0, total: size } });
  try {
    const content = await read(files);
    const { signal } = controller;
    const total = content.size;
    const onProgress = (sent: number) => update({ sending: { sent, total } });
    const id = await sendFile({ files, content, options, key, signal, onProgress });
    update({ sending: null });
    return isCurrent() ? id : null;
  } catch (error) {
    if (controller.signal.aborted && !(error instanceof SendError)) {
      update({ sending: null });
      if (isCurrent()) showToast(t.bulkImport.stopped);
      return null;
    }
    const problem = error instanceof SendError ? sentenceOf(error.problem) : t.errors.unknown;
    update({ sending: null, problem });
    return null;
  }
}

async function read(files: readonly File[]): Promise<Blob> {
  try {
    return await contentOf(files);
  } catch {
    throw new SendError({ reason: "changed" });
  }
}

function sentenceOf(problem: SendProblem): string {
  const { problems } = t.bulkImport;
  return problem.reason === "refused" ? problems.refused(problem.detail) : problems[problem.reason];
}
