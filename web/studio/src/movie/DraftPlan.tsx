// What publishing a draft would change: problems, ambiguous names, conflicts, changes.
import { texts } from "../drafts/texts.ts";
import type { ConflictPolicy } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { AskCard } from "../plan/AskCard.tsx";
import { ChangeCard } from "../plan/ChangeCard.tsx";
import { allRows, openNames, rowsOf } from "../plan/rows.ts";
import { Select } from "../ui/controls.tsx";
import type { DraftPlanState, PlannedDraft } from "./useDraftPlan.ts";

interface DraftPlanProps {
  state: DraftPlanState;
  planned: PlannedDraft;
}

export function DraftPlan({ state, planned }: DraftPlanProps) {
  const { policy, resolutions, asked, look } = state;
  const { plan, userErrors } = planned;
  return (
    <>
      {userErrors
        .filter(({ code }) => code !== "AMBIGUOUS_MATCH")
        .map(({ message }) => (
          <p key={message} className="plan-notice" role="alert">
            {message}
          </p>
        ))}
      {asked.size > 0 && (
        <ul className="cards" aria-label={t.plan.groups.asks}>
          {[...asked.values()].map((match) => (
            <AskCard
              key={match.path}
              match={match}
              chosen={resolutions.get(match.path)}
              onChoose={(choice) => void look(policy, new Map(resolutions).set(match.path, choice))}
            />
          ))}
        </ul>
      )}
      {plan !== null && (
        <>
          {plan.conflicts.length > 0 && (
            <Select<ConflictPolicy>
              label={t.plan.groups.conflicts}
              value={policy}
              options={[
                ["TAKE_IMPORT", texts.takeDraft],
                ["KEEP_CURRENT", texts.keepCurrent],
              ]}
              onChange={(onConflict) => void look(onConflict, resolutions)}
            />
          )}
          <ul className="cards">
            {allRows(rowsOf(plan, openNames(plan, userErrors))).map((row) => (
              <ChangeCard
                key={row.key}
                row={row}
                {...(row.conflict === undefined ? {} : { meaning: "conflict" as const })}
              />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** Whether the plan, as it is shown, can be published. */
export const canPublish = ({ userErrors }: PlannedDraft) =>
  userErrors.every(({ code }) => code === "PLAN_STALE");
