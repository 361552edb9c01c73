import { graphql } from "../graphql/generated/index.ts";
import type { PlanPartsFragment } from "../graphql/generated/graphql.ts";

/** What the Studio shows of a plan. */
export const PLAN_PARTS = graphql(`
  fragment PlanParts on ImportPlan {
    digest
    changes {
      path
      op
      label
      before
      after
    }
    conflicts {
      path
      label
      base
      current
      imported
    }
    notRemoved {
      path
      label
      itemId
    }
    skipped {
      path
      label
      current
      imported
    }
    matches {
      path
      given
      kind
      decision
      entityId
      score
      reasons
      candidates {
        entityId
        name
        score
        reasons
        knownFor
      }
    }
    warnings {
      path
      code
      message
    }
  }
`);

export type Plan = PlanPartsFragment;
export type Change = Plan["changes"][number];
export type Conflict = Plan["conflicts"][number];
export type Match = Plan["matches"][number];

/** A choice of who a name means. */
export type Resolution = { entityId: string } | { createNew: true } | { skip: true };
