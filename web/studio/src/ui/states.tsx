// What a page shows while it has nothing to show: loading, empty, failed.
import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { t } from "../messages/index.ts";
import { Button } from "./controls.tsx";
import "./states.css";

/** A grey bar in the place of a text that is not there yet. */
export const Bone = ({ width }: { width: string | number }) => (
  <span className="bone" style={{ width }} aria-hidden="true" />
);

/** A page of bars; its words are for screen readers. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{t.common.loading}</span>
      {Array.from({ length: lines }, (_, at) => (
        <Bone key={at} width={`${92 - ((at * 37) % 50)}%`} />
      ))}
    </div>
  );
}

interface NoticeProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  level?: 1 | 2;
}

/** An empty page, with what can be done about it. */
export function Notice({ title, children, actions, level = 2 }: NoticeProps) {
  const Title = level === 1 ? "h1" : "h2";
  return (
    <div className="notice">
      <Title>{title}</Title>
      {children !== undefined && <p>{children}</p>}
      {actions !== undefined && <div className="notice-actions">{actions}</div>}
    </div>
  );
}

/** What went wrong, and what to do next. */
export function Failure({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  return (
    <div className="notice" role="alert">
      <h2>{t.errors.title}</h2>
      <p>{explain(error)}</p>
      <div className="notice-actions">
        <Button onPress={onRetry}>{t.common.tryAgain}</Button>
      </div>
    </div>
  );
}

/** A sentence for an error of a request. */
export function explain(error: CombinedError): string {
  const first = error.graphQLErrors[0];
  if (error.networkError !== undefined || first === undefined) return t.errors.offline;
  const { code, requestId } = first.extensions as { code?: string; requestId?: string };
  if (code !== "INTERNAL") return `${first.message}.`.replace(/\.\.$/, ".");
  return requestId === undefined
    ? t.errors.unknown
    : `${t.errors.unknown} ${t.errors.requestId(requestId)}`;
}
