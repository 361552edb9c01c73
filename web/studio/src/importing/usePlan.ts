// The plan of an import: asks the service for it, keeps the choices, and carries it out.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient, type CombinedError } from "urql";
import type {
  ImportDocumentInput,
  ImportDocumentMutation,
  ImportOptionsInput,
  Stage,
} from "../graphql/generated/graphql.ts";
import { compose } from "../plan/compose.ts";
import { allRows, changesOf, isObject, keysOf, rowsOf, type ChangeRow } from "../plan/rows.ts";
import type { Match, Resolution } from "../plan/types.ts";
import { IMPORT } from "./queries.ts";
import type { Sent } from "./SourcePage.tsx";

export type Payload = ImportDocumentMutation["importDocument"];

/** Choices about a plan, by what they are about, so that they hold in a later plan too. */
export interface Choices {
  /** The keys of changes that are not to be made. */
  skipped: ReadonlySet<string>;
  /** By the key of the change that would settle the conflict. */
  conflicts: ReadonlyMap<string, "current" | "imported">;
  /** By the path of the name. */
  resolutions: ReadonlyMap<string, Resolution>;
  /** Ids of items that the document leaves out, and that are to be removed. */
  removed: ReadonlySet<string>;
}

const NO_CHOICES: Choices = {
  skipped: new Set(),
  conflicts: new Map(),
  resolutions: new Map(),
  removed: new Set(),
};

/** What moved between two plans. */
export interface Moved {
  added: number;
  gone: number;
}

export type Outcome =
  | { kind: "written"; payload: Payload }
  | { kind: "stale"; moved: Moved }
  | { kind: "differs" }
  | { kind: "refused"; payload: Payload }
  | { kind: "failed"; error: CombinedError };

export function usePlan(sent: Sent, target: Stage) {
  const client = useClient();
  const [payload, setPayload] = useState<Payload | null>(null);
  const [error, setError] = useState<CombinedError | null>(null);
  const [isPlanning, setPlanning] = useState(true);
  const [choices, setChoices] = useState<Choices>(NO_CHOICES);
  const [base, setBase] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  /** Each name as it was first reported, with the candidates that it had then. */
  const [asked, setAsked] = useState<ReadonlyMap<string, Match>>(new Map());

  const options = useMemo((): ImportOptionsInput => {
    const resolutions = [...choices.resolutions].map(([path, choice]) => ({ path, ...choice }));
    return {
      target,
      mode: sent.mode,
      onConflict: "TAKE_IMPORT",
      ...(sent.source === undefined ? {} : { source: sent.source }),
      ...(base === null ? {} : { baseRevision: base }),
      ...(resolutions.length === 0 ? {} : { resolutions }),
      ...(choices.removed.size === 0 ? {} : { removeItems: [...choices.removed] }),
    };
  }, [target, sent.mode, sent.source, base, choices.resolutions, choices.removed]);

  const input = useMemo(
    (): ImportDocumentInput => ({
      movieId: sent.movieId,
      document: sent.text,
      ...(sent.category === undefined ? {} : { category: sent.category }),
    }),
    [sent],
  );

  useEffect(() => {
    let isStopped = false;
    setPlanning(true);
    const request = { input: { ...input, options: { ...options, dryRun: true } } };
    void client.mutation(IMPORT, request).then((result) => {
      if (isStopped) return;
      setPlanning(false);
      setError(result.error ?? null);
      const planned = result.data?.importDocument;
      if (planned === undefined) return;
      setPayload(planned);
      setAsked((before) => withOpen(before, planned.plan?.matches ?? []));
    });
    return () => {
      isStopped = true;
    };
  }, [client, input, options, attempt]);

  const plan = payload?.plan ?? null;
  const rows = useMemo(() => (plan === null ? null : rowsOf(plan)), [plan]);
  const chosen = useMemo(
    () => (rows === null ? [] : allRows(rows).filter((row) => isChosen(row, choices))),
    [rows, choices],
  );
  const keyIds = useRef(new Map<string, string>());

  /** Sends a request. The same request sent again, after a lost answer, is carried out once. */
  const request = useCallback(
    async (document: ImportDocumentInput, with_: ImportOptionsInput) => {
      const identity = JSON.stringify([document, with_]);
      const key = keyIds.current.get(identity) ?? randomKey();
      if (with_.dryRun !== true) keyIds.current.set(identity, key);
      const idempotencyKey = with_.dryRun === true ? {} : { idempotencyKey: key };
      const result = await client.mutation(IMPORT, {
        input: { ...document, options: { ...with_, ...idempotencyKey } },
      });
      return result.data?.importDocument ?? (result.error as CombinedError);
    },
    [client],
  );

  const write = useCallback(
    async (stage: Stage): Promise<Outcome> => {
      if (plan === null || rows === null || payload === null) throw new Error("there is no plan");
      const isWhole = chosen.length === allRows(rows).length;
      const stored = payload.movieExport;
      const partial =
        isWhole || stored === null ? null : composed(sent, stored.document, plan, chosen);
      const document =
        partial === null
          ? input
          : { ...input, category: stored?.category ?? null, document: partial.text };
      const how: ImportOptionsInput =
        partial === null
          ? { ...options, target: stage }
          : {
              target: stage,
              onConflict: "TAKE_IMPORT",
              baseRevision: stored?.metadata.revision ?? 0,
              ...(sent.source === undefined ? {} : { source: sent.source }),
              ...partial.options,
            };
      let digest = plan.digest;
      if (partial !== null || stage !== target) {
        // What will be written is planned first, and must be what was shown.
        const check = await request(document, { ...how, dryRun: true });
        if (!("status" in check)) return { kind: "failed", error: check };
        if (check.plan == null || check.userErrors.length > 0)
          return { kind: "refused", payload: check };
        const shown = keysOf(changesOf(chosen));
        const found = keysOf(check.plan.changes);
        const isSubset = found.every((key) => shown.includes(key));
        // A draft may already have some of the changes.
        if (!isSubset || (stage === "PUBLISHED" && found.length !== shown.length))
          return { kind: "differs" };
        digest = check.plan.digest;
      }
      const result = await request(document, { ...how, expectedPlan: digest });
      if (!("status" in result)) return { kind: "failed", error: result };
      if (result.status !== "REJECTED") return { kind: "written", payload: result };
      if (result.userErrors.some(({ code }) => code === "PLAN_STALE")) {
        const before = keysOf(plan.changes);
        setAttempt((count) => count + 1);
        const after = keysOf(result.plan?.changes ?? []);
        return {
          kind: "stale",
          moved: {
            added: after.filter((key) => !before.includes(key)).length,
            gone: before.filter((key) => !after.includes(key)).length,
          },
        };
      }
      return { kind: "refused", payload: result };
    },
    [plan, rows, payload, chosen, sent, input, options, target, request],
  );

  return {
    payload,
    error,
    isPlanning,
    rows,
    asked,
    choices,
    chosen,
    setChoices: useCallback((change: (before: Choices) => Choices) => setChoices(change), []),
    ask: useCallback(
      (match: Match) => setAsked((before) => new Map(before).set(match.path, match)),
      [],
    ),
    takeAsComplete: useCallback(
      () => setBase(payload?.movieExport?.metadata.revision ?? null),
      [payload],
    ),
    retry: useCallback(() => setAttempt((before) => before + 1), []),
    write,
  };
}

/** Whether the change is made: it is not unticked, and its conflict is settled for it. */
export function isChosen({ key, conflict }: ChangeRow, choices: Choices): boolean {
  if (conflict !== undefined) return choices.conflicts.get(key) === "imported";
  return !choices.skipped.has(key);
}

function withOpen(
  before: ReadonlyMap<string, Match>,
  matches: readonly Match[],
): ReadonlyMap<string, Match> {
  const open = matches.filter(
    ({ decision, kind, path }) =>
      decision === "AMBIGUOUS" && kind === "PERSON" && !before.has(path),
  );
  return open.length === 0
    ? before
    : new Map([...before, ...open.map((match) => [match.path, match] as const)]);
}

/** The text and the options of a document with only the chosen changes. */
function composed(
  sent: Sent,
  stored: unknown,
  plan: NonNullable<Payload["plan"]>,
  chosen: readonly ChangeRow[],
) {
  const envelope = isObject(stored) ? stored : {};
  const current = isObject(envelope["data"]) ? envelope["data"] : {};
  const { data, removeItems, clears, replaces, resolutions } = compose(
    current,
    plan.changes,
    changesOf(chosen),
    plan.matches,
  );
  const { category, movie_id, version } = envelope;
  const source = /"source"\s*:\s*"(tmdb|manual|llm-generated)"/.exec(sent.text)?.[1];
  const metadata = source === undefined ? {} : { metadata: { source } };
  return {
    text: JSON.stringify({ category, movie_id, version, data, ...metadata }),
    options: {
      mode: replaces ? ("REPLACE" as const) : ("MERGE" as const),
      ...(clears ? { nulls: "CLEAR" as const } : {}),
      ...(removeItems.length === 0 ? {} : { removeItems }),
      ...(resolutions.length === 0 ? {} : { resolutions }),
    },
  };
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
