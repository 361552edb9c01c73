// What follows the request to start a job from another one: its page opens, or the problem is said.
import { useNavigate } from "@tanstack/react-router";
import type { CombinedError } from "urql";
import { t } from "../messages/index.ts";
import { problemsOf } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { keyOf } from "./facts.ts";

interface Payload {
  job: { id: string } | null;
  userErrors: readonly { field: string[] | null; message: string }[];
}

/** The function returns whether there is a job. */
export function useStartedJob() {
  const navigate = useNavigate();
  return (
    payload: Payload | undefined,
    error: CombinedError | undefined,
    message: string,
  ): boolean => {
    const problem = problemsOf([], error, payload?.userErrors)?.rest;
    const started = payload?.job;
    if (problem !== undefined || started == null) {
      showToast(problem ?? t.errors.unknown, { tone: "failed" });
      return false;
    }
    showToast(message);
    void navigate({ to: "/jobs/$id", params: { id: keyOf(started.id) } });
    return true;
  };
}
