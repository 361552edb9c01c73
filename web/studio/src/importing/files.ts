// Files that were chosen or dropped: documents that are imported one after the other, or files that
// are imported together as a job.
import { detect } from "./detect.ts";

/** A text to import, and what it is called. */
export interface TextFile {
  name: string;
  text: string;
}

/** A file that was left out, and why. */
export interface Refused {
  name: string;
  reason: "notText" | "unreadable" | "needsAdmin";
}

export interface Sorted {
  /** Files that are imported together; null if there are none. */
  together: File[] | null;
  /** Texts that can be imported one after the other. */
  texts: TextFile[];
  refused: Refused[];
}

type Kind = "archive" | "many" | "named" | "plain";

interface Read {
  file: File;
  kind: Kind;
  /** Undefined for archives, and for texts that are too long for one document. */
  text?: string;
}

/** The most bytes of one document; a larger text has several. */
const MOST_BYTES = 16 << 20;
const HEAD_BYTES = 4096;

/**
 * Sorts files by how they are imported: together if one of them is an archive or has many
 * documents, or if there are several that all name their movie and category. Together needs the
 * role ADMIN.
 */
export async function sortFiles(files: readonly File[], mayImportJobs: boolean): Promise<Sorted> {
  const refused: Refused[] = [];
  const read: Read[] = [];
  for (const file of files) {
    const found = await readFile(file);
    if (typeof found === "string") refused.push({ name: file.name, reason: found });
    else if (mayImportJobs || !hasMany(found)) read.push(found);
    else refused.push({ name: file.name, reason: "needsAdmin" });
  }
  const texts = read.flatMap(({ file, text }) =>
    text === undefined ? [] : [{ name: file.name, text }],
  );
  const areNamed = read.length > 1 && read.every(({ kind }) => kind === "named");
  if (read.some(hasMany)) return { together: read.map(({ file }) => file), texts: [], refused };
  const together = mayImportJobs && areNamed ? read.map(({ file }) => file) : null;
  return { together, texts, refused };
}

const hasMany = ({ kind }: Read) => kind === "archive" || kind === "many";

/** What a file is; a reason if it cannot be imported. */
async function readFile(file: File): Promise<Read | Refused["reason"]> {
  try {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (isArchive(head)) return { file, kind: "archive" };
    // A picture, a database: whatever its ending says, its bytes are no text.
    if (head.includes(0)) return "notText";
    if (file.size > MOST_BYTES) return { file, kind: "many" };
    const text = await file.text();
    if (text.includes("\u0000")) return "notText";
    return { file, kind: kindOf(text), text };
  } catch {
    // A folder, or a file that was removed.
    return "unreadable";
  }
}

/** Whether bytes begin as a ZIP archive or a gzip file does. */
function isArchive(head: Uint8Array): boolean {
  const [first, second, third = 0] = head;
  return (first === 0x50 && second === 0x4b && third < 8) || (first === 0x1f && second === 0x8b);
}

const MOVIES = /"(?:movie_id|movieId)"\s*:\s*"/g;

/** Whether a text is several documents, one document that names its movie, or another text. */
export function kindOf(text: string): "many" | "named" | "plain" {
  const start = text.trimStart()[0];
  const isJson = start === "{" || start === "[";
  // An answer of a model may repeat a document in its prose; a file of JSON does not.
  if (isJson && (text.match(MOVIES)?.length ?? 0) > 1) return "many";
  const { movie, category } = detect(text);
  return movie !== undefined && category !== undefined ? "named" : "plain";
}
