// What publishing a draft would change, with the choices that it needs, and publishing it. What is
// published is what was shown, or nothing.
import { useCallback, useRef, useState } from "react";
import { useClient, type CombinedError } from "urql";
import { PUBLISH_DRAFT } from "../drafts/queries.ts";
import type {
  Category,
  ConflictPolicy,
  PublishDraftInput,
  PublishDraftMutation,
} from "../graphql/generated/graphql.ts";
import { openNames } from "../plan/rows.ts";
import type { Match, Resolution } from "../plan/types.ts";

export type PlannedDraft = PublishDraftMutation["publishDraft"];
type Resolutions = ReadonlyMap<string, Resolution>;

export interface DraftPlanState {
  planned: PlannedDraft | null;
  error: CombinedError | null;
  isBusy: boolean;
  policy: ConflictPolicy;
  resolutions: Resolutions;
  /** Each name that was ambiguous in one of the plans. */
  asked: ReadonlyMap<string, Match>;
  look: (policy: ConflictPolicy, resolutions?: Resolutions) => Promise<void>;
  /** The revision; null if nothing was published: then `planned` or `error` says why. */
  publish: () => Promise<number | null>;
  close: () => void;
}

export function useDraftPlan(movieId: string, category: Category): DraftPlanState {
  const client = useClient();
  const [planned, setPlanned] = useState<PlannedDraft | null>(null);
  const [error, setError] = useState<CombinedError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [policy, setPolicy] = useState<ConflictPolicy>("TAKE_IMPORT");
  const [resolutions, setResolutions] = useState<Resolutions>(new Map());
  const [asked, setAsked] = useState<ReadonlyMap<string, Match>>(new Map());
  const latest = useRef(0);

  const send = useCallback(
    async (onConflict: ConflictPolicy, chosen: Resolutions, more: Partial<PublishDraftInput>) => {
      const number = ++latest.current;
      setBusy(true);
      const input = {
        movieId,
        category,
        onConflict,
        ...(chosen.size === 0
          ? {}
          : { resolutions: [...chosen].map(([path, choice]) => ({ path, ...choice })) }),
        ...more,
      };
      const result = await client.mutation(PUBLISH_DRAFT, { input });
      if (number !== latest.current) return null;
      setBusy(false);
      setError(result.error ?? null);
      return result.data?.publishDraft ?? null;
    },
    [client, movieId, category],
  );
  const show = useCallback((payload: PlannedDraft) => {
    setPlanned(payload);
    const open = payload.plan === null ? [] : openNames(payload.plan, payload.userErrors);
    setAsked(
      (before) => new Map([...open.map((match) => [match.path, match] as const), ...before]),
    );
  }, []);
  const look = useCallback(
    async (onConflict: ConflictPolicy, chosen: Resolutions = new Map()) => {
      setPolicy(onConflict);
      setResolutions(chosen);
      const payload = await send(onConflict, chosen, { dryRun: true });
      if (payload !== null) show(payload);
    },
    [send, show],
  );
  const publish = async () => {
    const expectedPlan = planned?.plan?.digest ?? null;
    const payload = await send(policy, resolutions, { expectedPlan });
    if (payload === null) return null;
    if (payload.userErrors.length > 0) {
      show(payload);
      return null;
    }
    return payload.movieExport?.metadata.revision ?? 0;
  };
  const close = () => setPlanned(null);
  return { planned, error, isBusy, policy, resolutions, asked, look, publish, close };
}
