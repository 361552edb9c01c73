// The texts about files that are imported together, as a job.
import { count, plural } from "../plural.ts";

const documents = (number: number) => plural(number, "document", "documents");

export const bulkImport = {
  lead: "A dry run first shows what would happen. Nothing is imported before you say so.",
  files: (number: number) => plural(number, "file", "files"),
  single: "One after the other",
  other: "Other files",
  target: "Import",
  publish: "Publish the documents",
  asDrafts: "Add them to drafts, which are published later",
  start: "Start dry run",
  again: "Start dry run again",
  change: "Change options",
  kept: "The files stay chosen until this tab is closed or loaded again.",
  sending: "Sending for the dry run",
  sent: (sent: string, total: string) => `${sent} of ${total} sent`,
  stop: "Stop",
  title: "Dry run",
  ready: (planned: number, failed: number) =>
    failed === 0
      ? `${documents(planned)} can be imported. What the catalogue has already stays as it is.`
      : `${documents(planned)} can be imported, and ${count.format(failed)} cannot. What the ` +
        "catalogue has already stays as it is.",
  none: "None of these documents can be imported.",
  noResult: "The dry run was not completed, so nothing can be imported yet.",
  stopped: "Stopped: nothing was imported.",
  problems: {
    refused: (detail: string) => `Nothing was imported: ${detail}.`.replace(/\.\.$/, "."),
    cut:
      "Nothing was imported: the connection ended before everything was sent. Check your " +
      "connection, then try again.",
    unanswered:
      "The connection ended before the service answered. Nothing was imported. Try again.",
    changed:
      "Nothing was imported: a file was changed or removed after it was chosen. Choose it again.",
  },
  tooLarge: "These files are too large together. Choose fewer, or use “reelport import”.",
};
