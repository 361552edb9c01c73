// Files that were dropped on any page, for the import page.
let waiting: File[] = [];
const listeners = new Set<() => void>();

export const inbox = {
  put(files: File[]): void {
    waiting = files;
    listeners.forEach((listener) => listener());
  },
  /** Calls `onFiles` with the files that wait, and with those that come. */
  open(onFiles: (files: File[]) => void): () => void {
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
