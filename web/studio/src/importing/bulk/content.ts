// What is sent for files that are imported together: a single file as it is, several as an archive
// with their names, which the failures then name.
import { MOST_BYTES, MOST_ENTRIES, zipOf } from "./zip.ts";

/** The service reads the entries of an archive that end so, and skips others. */
const READ = /\.(json|ndjson|jsonl|zip)(\.gz)?$/i;
const GZIP = /\.gz$/i;
const ZIP_START = 0x50;

/** Whether files can be sent as one. */
export const fits = (files: readonly File[]) =>
  files.length === 1 ||
  (files.length <= MOST_ENTRIES && files.reduce((sum, { size }) => sum + size, 0) < MOST_BYTES);

export async function contentOf(files: readonly File[]): Promise<Blob> {
  const [first] = files;
  if (files.length === 1 && first !== undefined) return first;
  const names = entryNames(files);
  const entries = await Promise.all(
    files.map(async (file, at) => {
      const name = names[at] ?? file.name;
      return { name: READ.test(name) ? name : `${name}${await endingOf(file)}`, file };
    }),
  );
  return zipOf(entries);
}

/** An ending that the service reads, for a file with another one. */
async function endingOf(file: File): Promise<string> {
  if (GZIP.test(file.name)) return ".json.gz";
  const [start] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
  return start === ZIP_START ? ".zip" : ".json";
}

/** The names of files, each once: those of one name are told apart by a folder. */
export function entryNames(files: readonly Pick<File, "name" | "webkitRelativePath">[]): string[] {
  const taken = new Set<string>();
  return files.map(({ name, webkitRelativePath }) => {
    const own = webkitRelativePath === "" ? name : webkitRelativePath;
    let unique = own;
    for (let number = 2; taken.has(unique); number += 1) unique = `${number}/${own}`;
    taken.add(unique);
    return unique;
  });
}
