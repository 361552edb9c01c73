// Sends a file for the dry run of its import, a job, with progress. The job exists once the service has said so.
import { request } from "../../catalogue/bulk/download.ts";
import { session } from "../../session/session.ts";

export interface BulkOptions {
  target: "published" | "draft";
  mode: "merge" | "replace";
  source: "" | "llm-generated" | "manual" | "tmdb";
}

interface Sending {
  files: readonly File[];
  content: Blob;
  options: BulkOptions;
  /** Sent again with a repeated request, so that the job is started once. */
  key: string;
  signal: AbortSignal;
  onProgress: (bytes: number) => void;
}

/** Why there is no job, or why it is not known whether there is one. */
export type SendProblem =
  | { reason: "refused"; detail: string }
  /** The connection ended before the service had the file. */
  | { reason: "cut" }
  /** The connection ended after the file was sent, and before the answer. */
  | { reason: "unanswered" }
  /** A file was changed or removed on the disk after it was chosen. */
  | { reason: "changed" };

export class SendError extends Error {
  constructor(readonly problem: SendProblem) {
    super(problem.reason);
  }
}

/** The id of the job. */
export async function sendFile(sending: Sending): Promise<string> {
  await proveSession(sending.signal);
  for (let attempt = 0; ; attempt += 1) {
    const token = session.accessToken;
    const { status, text } = await post(sending, token);
    const body = read(text);
    if (status === 202 && body.id !== undefined) return body.id;
    if (status === 401 && attempt === 0) await session.renew(token);
    else {
      throw refused(status, body.detail);
    }
  }
}

/** A large file is not sent in vain: the service is there, and the session is renewed if needed. */
async function proveSession(signal: AbortSignal): Promise<void> {
  let response: Response;
  try {
    response = await request("/api/v1/admin/jobs?first=1", signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SendError({ reason: "cut" });
  }
  if (response.ok) return;
  const { detail } = read(await response.text());
  throw refused(response.status, detail);
}

const refused = (status: number, detail = `the service answered ${status}`) =>
  new SendError({ reason: "refused", detail });

function read(text: string): { id?: string; detail?: string } {
  try {
    return JSON.parse(text) as { id?: string; detail?: string };
  } catch {
    return {};
  }
}

function addressOf({ files, options }: Sending): string {
  const { target, mode, source } = options;
  const query = new URLSearchParams({ target, mode, dry_run: "true" });
  if (source !== "") query.set("source", source);
  // Several files are sent as one archive, which has no name.
  const [file, ...others] = files;
  if (file !== undefined && others.length === 0) query.set("file_name", file.name);
  return `/api/v1/admin/movies/import?${query}`;
}

/** `fetch` does not tell how much was sent. */
function post(sending: Sending, token: string | null): Promise<{ status: number; text: string }> {
  const { files, content, key, signal, onProgress } = sending;
  return new Promise((resolve, reject) => {
    const attempt = new XMLHttpRequest();
    let isSent = false;
    attempt.open("POST", addressOf(sending));
    attempt.setRequestHeader("Prefer", "respond-async");
    attempt.setRequestHeader("Idempotency-Key", key);
    attempt.setRequestHeader("Content-Type", "application/octet-stream");
    if (token !== null) attempt.setRequestHeader("Authorization", `Bearer ${token}`);
    attempt.upload.onprogress = ({ loaded }) => onProgress(loaded);
    attempt.upload.onload = () => (isSent = true);
    attempt.onload = () => resolve({ status: attempt.status, text: attempt.responseText });
    attempt.onerror = () => {
      void areReadable(files).then((areThere) => {
        const reason = !areThere ? "changed" : isSent ? "unanswered" : "cut";
        reject(new SendError({ reason }));
      });
    };
    attempt.onabort = () => {
      // The service may have the file already.
      if (isSent) reject(new SendError({ reason: "unanswered" }));
      else reject(new DOMException("stopped", "AbortError"));
    };
    signal.addEventListener("abort", () => attempt.abort(), { once: true });
    if (signal.aborted) reject(new DOMException("stopped", "AbortError"));
    else attempt.send(content);
  });
}

/** Whether files are as they were when they were chosen. */
async function areReadable(files: readonly File[]): Promise<boolean> {
  try {
    for (const file of files) await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
