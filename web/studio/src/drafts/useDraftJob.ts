// Starts a job that publishes or discards many drafts, and opens its page.
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useClient, useMutation } from "urql";
import type {
  DiscardDraftsInput,
  DraftFilter,
  PublishDraftsInput,
} from "../graphql/generated/graphql.ts";
import { randomKey } from "../graphql/randomKey.ts";
import { keyOf } from "../jobs/facts.ts";
import { problemsOf } from "../ui/problems.ts";
import { t } from "../messages/index.ts";
import { DISCARD_DRAFTS, PUBLISH_DRAFTS } from "./queries.ts";
import { findChanged, idOf, useSelectedDrafts } from "./selection.ts";
import { texts } from "./texts.ts";

/** The drafts of a job: those that were selected, or all that match a filter. */
export type Subject = { kind: "selected" } | { kind: "filtered"; filter: DraftFilter };

type Work =
  | ({ kind: "publish" } & Omit<PublishDraftsInput, "filter" | "ids" | "idempotencyKey">)
  | ({ kind: "discard" } & Omit<DiscardDraftsInput, "filter" | "ids" | "idempotencyKey">);

export function useDraftJob(subject: Subject) {
  const client = useClient();
  const navigate = useNavigate();
  const selection = useSelectedDrafts();
  const [, publish] = useMutation(PUBLISH_DRAFTS);
  const [, discard] = useMutation(DISCARD_DRAFTS);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const keys = useRef(new Map<string, string>());

  const run = async ({ kind, ...options }: Work): Promise<string | null> => {
    if (subject.kind === "selected") {
      const changed = await findChanged(client, [...selection.ids]);
      if (changed === null) return t.errors.offline;
      if (changed.length > 0) {
        selection.set(changed, false);
        return texts.bulk.changed(changed.length);
      }
    }
    const request = {
      ...(subject.kind === "selected"
        ? { ids: [...selection.ids].map(idOf) }
        : { filter: subject.filter }),
      ...options,
    };
    const identity = JSON.stringify([kind, request]);
    const idempotencyKey = keys.current.get(identity) ?? randomKey();
    keys.current.set(identity, idempotencyKey);
    const input = { ...request, idempotencyKey };
    const { error, payload } =
      kind === "publish"
        ? await publish({ input }).then(({ error, data }) => ({
            error,
            payload: data?.publishDrafts,
          }))
        : await discard({ input }).then(({ error, data }) => ({
            error,
            payload: data?.discardDrafts,
          }));
    const refused = problemsOf([], error, payload?.userErrors)?.rest;
    const job = payload?.job;
    if (refused !== undefined || job == null) return refused ?? t.errors.unknown;
    if (subject.kind === "selected" && !("dryRun" in options && options.dryRun)) {
      selection.clear();
    }
    void navigate({ to: "/jobs/$id", params: { id: keyOf(job.id) } });
    return null;
  };
  const start = async (work: Work) => {
    setBusy(true);
    setProblem(null);
    setProblem(await run(work));
    setBusy(false);
  };
  return { start, isBusy, problem, selected: selection.ids.size };
}
