// Files that were chosen or dropped, as texts; and the ones that wait for the import page.
import { t } from "../messages/index.ts";
import { showToast } from "../ui/toasts.tsx";

/** A text to import, and what it is called. */
export interface TextFile {
  name: string;
  text: string;
}

const MOST_BYTES = 16 << 20;

/** The texts of files. For one that is no text, a message says what can be done. */
export async function readFiles(list: FileList | null): Promise<TextFile[]> {
  const files = await Promise.all([...(list ?? [])].map(readFile));
  return files.filter((file) => file !== null);
}

async function readFile(file: File): Promise<TextFile | null> {
  if (file.size > MOST_BYTES) {
    showToast(t.importing.tooLarge(file.name), { tone: "failed" });
    return null;
  }
  const text = await file.text();
  // A ZIP, a picture: whatever its ending says, its bytes are no text.
  if (text.includes("\u0000")) {
    showToast(t.importing.notText(file.name), { tone: "failed" });
    return null;
  }
  return { name: file.name, text };
}

let waiting: TextFile[] = [];
const listeners = new Set<() => void>();

/** Files that were dropped on any page, for the import page. */
export const inbox = {
  put(files: TextFile[]): void {
    waiting = files;
    listeners.forEach((listener) => listener());
  },
  /** Calls `onFiles` with the files that wait, and with those that come. */
  open(onFiles: (files: TextFile[]) => void): () => void {
    const take = () => {
      if (waiting.length === 0) return;
      const files = waiting;
      waiting = [];
      onFiles(files);
    };
    take();
    listeners.add(take);
    return () => void listeners.delete(take);
  },
};
