// The plan of an import: asks the service for it, keeps the choices, and carries it out.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient, type CombinedError } from "urql";
import type {
  ImportDocumentInput,
  ImportDocumentMutation,
  ImportOptionsInput,
  Stage,
} from "../graphql/generated/graphql.ts";
import {
  allRows,
  changesOf,
  keysOf,
  openNames,
  rowsOf,
  skippedPaths,
  type ChangeRow,
} from "../plan/rows.ts";
import { randomKey } from "../graphql/randomKey.ts";
import type { Change, Match, Resolution } from "../plan/types.ts";
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
  /** The other stage has other values: the plan is now the one against that stage. */
  | { kind: "against"; stage: Stage }
  | { kind: "refused"; payload: Payload }
  | { kind: "failed"; error: CombinedError };

export function usePlan(sent: Sent, firstTarget: Stage) {
  const client = useClient();
  const [target, setTarget] = useState(firstTarget);
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
      ...(sent.nulls === undefined ? {} : { nulls: sent.nulls }),
      ...(base === null ? {} : { baseRevision: base }),
      ...(resolutions.length === 0 ? {} : { resolutions }),
      ...(choices.removed.size === 0 ? {} : { removeItems: [...choices.removed] }),
    };
  }, [target, sent.mode, sent.source, sent.nulls, base, choices.resolutions, choices.removed]);

  const input = useMemo(
    (): ImportDocumentInput => ({
      movieId: sent.movieId,
      document: sent.text,
      ...(sent.category === undefined ? {} : { category: sent.category }),
    }),
    [sent],
  );

  const show = useCallback((planned: Payload) => {
    setPayload(planned);
    setAsked((before) => withOpen(before, planned));
  }, []);

  useEffect(() => {
    let isStopped = false;
    setPlanning(true);
    const request = { input: { ...input, options: { ...options, dryRun: true } } };
    void client.mutation(IMPORT, request).then((result) => {
      if (isStopped) return;
      setPlanning(false);
      setError(result.error ?? null);
      if (result.data !== undefined) show(result.data.importDocument);
    });
    return () => {
      isStopped = true;
    };
  }, [client, input, options, attempt, show]);

  const plan = payload?.plan ?? null;
  const open = useMemo(
    () => (plan === null ? [] : openNames(plan, payload?.userErrors ?? [])),
    [plan, payload],
  );
  const rows = useMemo(() => (plan === null ? null : rowsOf(plan, open)), [plan, open]);
  const chosen = useMemo(
    () => (rows === null ? [] : allRows(rows).filter((row) => isChosen(row, choices))),
    [rows, choices],
  );
  const keyIds = useRef(new Map<string, string>());

  /** Sends a request. The same request sent again, after a lost answer, is carried out once. */
  const request = useCallback(
    async (with_: ImportOptionsInput) => {
      const identity = JSON.stringify([input, with_]);
      const key = keyIds.current.get(identity) ?? randomKey();
      if (with_.dryRun !== true) keyIds.current.set(identity, key);
      const idempotencyKey = with_.dryRun === true ? {} : { idempotencyKey: key };
      const result = await client.mutation(IMPORT, {
        input: { ...input, options: { ...with_, ...idempotencyKey } },
      });
      return result.data?.importDocument ?? (result.error as CombinedError);
    },
    [client, input],
  );

  /** Plans anew what is shown, and says what has moved. */
  const replan = useCallback(
    async (before: readonly string[]): Promise<Outcome> => {
      const planned = await request({ ...options, dryRun: true });
      if (!("status" in planned)) return { kind: "failed", error: planned };
      show(planned);
      const after = keysOf(planned.plan?.changes ?? []);
      return {
        kind: "stale",
        moved: {
          added: after.filter((key) => !before.includes(key)).length,
          gone: before.filter((key) => !after.includes(key)).length,
        },
      };
    },
    [options, request, show],
  );

  const write = useCallback(
    async (stage: Stage): Promise<Outcome> => {
      if (plan === null) throw new Error("there is no plan");
      const taken = new Set(changesOf(chosen));
      const keys = keysOf(plan.changes);
      const takenKeys = new Set(keys.filter((_, at) => taken.has(plan.changes[at] as Change)));
      let planned = plan;
      if (stage !== target) {
        // The plan against the other stage must have no other changes than those that are shown.
        const check = await request({ ...options, target: stage, dryRun: true });
        if (!("status" in check)) return { kind: "failed", error: check };
        if (check.plan === null || check.userErrors.length > 0) {
          return { kind: "refused", payload: check };
        }
        planned = check.plan;
        const found = new Set(keysOf(planned.changes));
        // A draft may already have some of the changes.
        const isSame = stage === "DRAFT" || keys.every((key) => found.has(key));
        if (!isSame || ![...found].every((key) => keys.includes(key))) {
          setTarget(stage);
          return { kind: "against", stage };
        }
      }
      const skipChanges = skippedPaths(planned.changes, takenKeys);
      const result = await request({
        ...options,
        target: stage,
        expectedPlan: planned.digest,
        ...(skipChanges.length === 0 ? {} : { skipChanges }),
      });
      if (!("status" in result)) return { kind: "failed", error: result };
      if (result.status !== "REJECTED") return { kind: "written", payload: result };
      return result.userErrors.some(({ code }) => code === "PLAN_STALE")
        ? replan(keysOf(plan.changes))
        : { kind: "refused", payload: result };
    },
    [plan, chosen, options, target, request, replan],
  );

  return {
    payload,
    error,
    isPlanning,
    target,
    rows,
    open,
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
  planned: Payload,
): ReadonlyMap<string, Match> {
  if (planned.plan === null) return before;
  const open = openNames(planned.plan, planned.userErrors).filter(({ path }) => !before.has(path));
  return open.length === 0
    ? before
    : new Map([...before, ...open.map((match) => [match.path, match] as const)]);
}
