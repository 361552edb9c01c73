// Downloads a bulk export: with the token, progress, and an end that is told from a cut.
import { session } from "../../session/session.ts";

/** How much has arrived. Documents are counted in NDJSON only. */
export interface Progress {
  bytes: number;
  documents: number;
}

/** Why a download failed: what the service answered, or undefined if it cannot be reached. */
export class DownloadError extends Error {
  constructor(readonly detail: string | undefined) {
    super(detail ?? "the service cannot be reached");
  }
}

/** How many bytes are kept as single chunks; then the browser may put them on the disk. */
const CHUNKS = 16 * 1024 * 1024;
const NEWLINE = 10;

/** A response with the current token; once more if the token was refused. */
export async function request(address: string, signal: AbortSignal): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    if (session.isStale) await session.renew(session.accessToken);
    const token = session.accessToken;
    const response = await fetch(address, {
      signal,
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    });
    if (response.status !== 401 || attempt > 0) return response;
    await session.renew(token);
  }
}

/** Reads an export to its end. Throws if it was cut short. */
async function read(
  address: string,
  signal: AbortSignal,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): Promise<void> {
  let response: Response;
  try {
    response = await request(address, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new DownloadError(undefined);
  }
  if (!response.ok || response.body === null) {
    const body = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new DownloadError(body.detail ?? `the service answered ${response.status}`);
  }
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      if (signal.aborted) throw error;
      // The connection ended before the last chunk.
      throw new DownloadError(undefined);
    });
    if (done) return;
    await onChunk(value);
  }
}

/** The file of an export. */
export async function download(
  address: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Blob> {
  const progress = { bytes: 0, documents: 0 };
  const parts: BlobPart[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let waiting = 0;
  const keep = () => {
    parts.push(new Blob(chunks));
    chunks = [];
    waiting = 0;
  };
  const isText = address.includes("format=ndjson");
  await read(address, signal, (chunk) => {
    chunks.push(chunk);
    waiting += chunk.length;
    progress.bytes += chunk.length;
    if (isText)
      progress.documents += chunk.reduce((sum, byte) => sum + Number(byte === NEWLINE), 0);
    onProgress({ ...progress });
    if (waiting > CHUNKS) keep();
  });
  keep();
  return new Blob(parts);
}

/** The lines of an export as text, each changed by `change`, which leaves out those it has no use for. */
export async function downloadLines(
  address: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
  change: (line: string) => string | null,
): Promise<Blob> {
  const progress = { bytes: 0, documents: 0 };
  const decoder = new TextDecoder();
  const parts: BlobPart[] = [];
  let rest = "";
  await read(address, signal, (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const changed = lines.map(change).filter((line) => line !== null);
    for (const line of changed) parts.push(line, "\n");
    progress.bytes += chunk.length;
    progress.documents += changed.length;
    onProgress({ ...progress });
  });
  return new Blob(parts);
}
