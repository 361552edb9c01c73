import { expect, test } from "vitest";
import { canRetry, fractionOf, keyOf, later, notAttempted, optionsOf } from "./facts.ts";
import type { JobRow } from "./queries.ts";

const NONE = {
  published: 0,
  drafted: 0,
  unchanged: 0,
  planned: 0,
  conflict: 0,
  rejected: 0,
  skipped: 0,
  discarded: 0,
};

function job(part: Partial<JobRow>): JobRow {
  return {
    id: "job:0c7q8m2kx1vd4r6hs",
    kind: "IMPORT",
    state: "RUNNING",
    options: { dry_run: false, target: "published", mode: "merge", source: null },
    author: "admin@example.com",
    createdAt: "2026-11-30T12:00:00Z",
    startedAt: "2026-11-30T12:00:00Z",
    finishedAt: null,
    isCancelRequested: false,
    total: null,
    done: 0,
    counts: NONE,
    fileName: null,
    fileSize: 1000,
    filePosition: 0,
    rate: null,
    remainingSeconds: null,
    attempts: 1,
    error: null,
    retryOf: null,
    ...part,
  };
}

test("how far a job is follows from its file until its documents are counted", () => {
  expect(fractionOf(job({ filePosition: 250 }))).toBe(0.25);
  expect(fractionOf(job({ filePosition: 250, total: 4, done: 2 }))).toBe(0.5);
  expect(fractionOf(job({ fileSize: null }))).toBeNull();
});

test("a retry is for finished jobs with documents that were not imported", () => {
  const counts = { ...NONE, rejected: 1 };
  expect(canRetry(job({ counts }))).toBe(false);
  expect(canRetry(job({ state: "COMPLETED", total: 1, done: 1, counts }))).toBe(true);
  expect(canRetry(job({ state: "COMPLETED", total: 1, done: 1 }))).toBe(false);
  expect(canRetry(job({ state: "CANCELED", counts: { ...NONE, skipped: 3 } }))).toBe(true);
  expect(canRetry(job({ state: "FAILED", total: null, done: 7 }))).toBe(true);
  const ofDrafts = { kind: "PUBLISH_DRAFTS", counts: { ...NONE, skipped: 3 } } as const;
  expect(canRetry(job({ ...ofDrafts, state: "COMPLETED", total: 3, done: 3 }))).toBe(false);
  expect(canRetry(job({ ...ofDrafts, state: "CANCELED", total: 3, done: 3 }))).toBe(true);
  const reversion = { kind: "REVERT", counts: { ...NONE, conflict: 3 } } as const;
  expect(canRetry(job({ ...reversion, state: "COMPLETED", total: 3, done: 3 }))).toBe(false);
  expect(canRetry(job({ ...reversion, state: "FAILED", total: 4, done: 3 }))).toBe(true);
  expect(canRetry(job({ kind: "EXPORT", state: "FAILED", total: 4, done: 3 }))).toBe(false);
  expect(notAttempted(job({ state: "FAILED", total: 9, done: 7 }))).toBe(2);
  expect(notAttempted(job({ state: "RUNNING", total: 9, done: 7 }))).toBe(0);
});

test("of two readings the later one is shown", () => {
  const listed = job({ done: 200 });
  expect(later(listed, undefined)).toBe(listed);
  expect(later(listed, job({ done: 400 })).done).toBe(400);
  expect(later(listed, job({ done: 0 })).done).toBe(200);
  expect(later(job({ state: "COMPLETED", done: 400 }), listed).state).toBe("COMPLETED");
  expect(later(listed, job({ state: "CANCELED", done: 200 })).state).toBe("CANCELED");
});

test("options and ids are read as the service writes them", () => {
  expect(optionsOf(job({ options: { dry_run: true, target: "draft", mode: "replace" } }))).toEqual({
    isDryRun: true,
    isOnlyAdditions: false,
    reason: null,
    isDraft: true,
    isReplace: true,
    source: null,
  });
  expect(optionsOf(job({ options: null })).isDryRun).toBe(false);
  expect(optionsOf(job({ options: { only_additions: true } })).isOnlyAdditions).toBe(true);
  expect(optionsOf(job({ options: { reason: "Not the film." } })).reason).toBe("Not the film.");
  expect(keyOf("job:0c7q8m2kx1vd4r6hs")).toBe("0c7q8m2kx1vd4r6hs");
});
