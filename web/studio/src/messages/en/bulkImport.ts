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
  sendingDryRun: "Sending for the dry run",
  sendingImport: "Sending for the import",
  sent: (sent: string, total: string) => `${sent} of ${total} sent`,
  sendingNote:
    "The import starts when everything was sent. Keep this tab open until then; other pages of " +
    "the Studio can be opened.",
  stop: "Stop",
  title: "Dry run",
  ready: (planned: number, failed: number) =>
    failed === 0
      ? `${documents(planned)} can be imported. What the catalogue has already stays as it is.`
      : `${documents(planned)} can be imported, and ${count.format(failed)} cannot. What the ` +
        "catalogue has already stays as it is.",
  none: "None of these documents can be imported.",
  noResult: "The dry run was not completed, so nothing can be imported yet.",
  publishNow: (number: number) => `Publish ${documents(number)}`,
  draftNow: (number: number) => `Add ${documents(number)} to drafts`,
  started: (name: string) => `The import of ${name} has started. It goes on without this page.`,
  open: "Open the job",
  stopped: "Stopped: nothing was imported.",
  problems: {
    refused: (detail: string) => `Nothing was imported: ${detail}.`.replace(/\.\.$/, "."),
    cut:
      "Nothing was imported: the connection ended before everything was sent. Check your " +
      "connection, then try again.",
    unansweredDryRun:
      "The connection ended before the service answered. Nothing was imported. Try again.",
    unanswered:
      "The connection ended before the service answered, so the import may have started. Try " +
      "again, or look at the jobs: it starts only once.",
    changed:
      "Nothing was imported: a file was changed or removed after it was chosen. Choose it again, " +
      "so that the dry run is about what is imported.",
  },
  tooLarge: "These files are too large together. Choose fewer, or use “reelport import”.",
};
