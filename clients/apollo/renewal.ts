import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { ErrorLink } from "@apollo/client/link/error";
import { from, mergeMap, throwError } from "rxjs";
import type { Session } from "../session/session.ts";

/** Renews an expired token, and repeats the request once. */
export function renewal(session: Session): ErrorLink {
  return new ErrorLink(({ error, operation, forward }) => {
    const errors = CombinedGraphQLErrors.is(error) ? error.errors : [];
    const isExpired = errors.some((each) => each.extensions?.["code"] === "UNAUTHENTICATED");
    if (!isExpired || operation.getContext()["isRepeated"]) return;
    operation.setContext({ isRepeated: true });
    return from(session.refresh()).pipe(
      mergeMap((renewed) => (renewed ? forward(operation) : throwError(() => error))),
    );
  });
}
