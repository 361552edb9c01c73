// The frame of every page: where one is, where one can go, and who one is.
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useQuery } from "urql";
import { t } from "../messages/index.ts";
import { KINDS } from "../people/kinds.ts";
import { session } from "../session/session.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { Notice } from "../ui/states.tsx";
import { DropZone } from "./DropZone.tsx";
import { COUNTS } from "./queries.ts";
import "./shell.css";

export function Shell() {
  const viewer = useViewer();
  const content = useFocusOnNewPage();
  if (viewer.role === "USER") {
    return (
      <main>
        <Notice
          level={1}
          title={t.errors.forbiddenTitle}
          actions={<Button onPress={() => void session.signOut()}>{t.shell.signOut}</Button>}
        >
          {t.errors.forbidden(viewer.email)}
        </Notice>
      </main>
    );
  }
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t.common.skip}
      </a>
      <Rail />
      <main id="content" tabIndex={-1} ref={content}>
        <Offline />
        {viewer.mayDraft && <DropZone />}
        <Outlet />
      </main>
    </div>
  );
}

/**
 * Puts the focus on the content when another page is opened, so that the keyboard and screen readers
 * go on there. The tabs of a movie are one page.
 */
function useFocusOnNewPage() {
  const content = useRef<HTMLElement>(null);
  const page = useRouterState({
    select: ({ location }) => location.pathname.split("/").slice(0, 3).join("/"),
  });
  const before = useRef(page);
  useEffect(() => {
    if (before.current !== page) content.current?.focus({ preventScroll: true });
    before.current = page;
  }, [page]);
  return content;
}

function Rail() {
  const viewer = useViewer();
  const [{ data }] = useQuery({
    query: COUNTS,
    variables: { withDrafts: viewer.mayDraft },
    requestPolicy: "cache-and-network",
  });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isCatalogue = path === "/" || path.startsWith("/movies");
  const others = useRef<HTMLDivElement>(null);
  useEffect(() => others.current?.hidePopover(), [path]);
  return (
    <nav className="rail" aria-label={t.common.menu}>
      <div className="brand">{t.product}</div>
      <Link
        to="/"
        activeOptions={{ exact: true }}
        className="rail-link"
        {...currentIf(isCatalogue)}
      >
        <Icon name="catalogue" />
        <span>{t.shell.catalogue}</span>
        <span className="count num">{data && t.number(data.movies.totalCount)}</span>
      </Link>
      {viewer.mayDraft && (
        <>
          <RailLink to="/import" icon="import" name={t.shell.import} />
          <RailLink
            to="/drafts"
            icon="drafts"
            name={t.shell.drafts}
            count={data?.drafts && t.number(data.drafts.totalCount)}
          />
        </>
      )}
      <RailLink to="/people" icon="person" name={t.shell.people} others={KINDS} />
      <button type="button" className="rail-link rail-more" popoverTarget="other-pages">
        <Icon name="more" />
        <span>{t.common.more}</span>
      </button>
      {/* On a telephone, what does not fit in the bar. */}
      <div ref={others} id="other-pages" className="rail-others" popover="auto">
        <RailLink to="/changes" icon="changes" name={t.shell.changes} />
        {viewer.mayManage && (
          <>
            <RailLink to="/jobs" icon="jobs" name={t.shell.jobs} />
            <RailLink to="/accounts" icon="accounts" name={t.shell.accounts} />
            <RailLink to="/audit-log" icon="audit" name={t.shell.audit} />
          </>
        )}
        <a href="/graphiql" className="rail-link">
          <Icon name="code" />
          <span>{t.shell.graphiql}</span>
        </a>
        <Link to="/account" className="me" {...currentIf(path === "/account")}>
          <span className="visually-hidden">{t.shell.account}: </span>
          <span className="clamp" title={viewer.email}>
            {viewer.email}
          </span>
          <span className="sub">{t.roles[viewer.role]}</span>
        </Link>
        <Button look="ghost" icon="signOut" onPress={() => void session.signOut()}>
          {t.shell.signOut}
        </Button>
      </div>
    </nav>
  );
}

const currentIf = (isCurrent: boolean) => (isCurrent ? { "aria-current": "page" as const } : {});

interface RailLinkProps {
  to: "/import" | "/drafts" | "/people" | "/changes" | "/jobs" | "/accounts" | "/audit-log";
  icon: IconName;
  name: string;
  count?: string | null | undefined;
  /** The first parts of other addresses that belong to the page. */
  others?: readonly string[];
}

function RailLink({ to, icon, name, count, others = [] }: RailLinkProps) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const part = path.split("/")[1] ?? "";
  return (
    <Link to={to} className="rail-link" {...currentIf(`/${part}` === to || others.includes(part))}>
      <Icon name={icon} />
      <span>{name}</span>
      {count !== undefined && <span className="count num">{count}</span>}
    </Link>
  );
}

/** Says that the browser has no network, as long as it has none. */
function Offline() {
  const [isOffline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return (
    <div role="status" className={isOffline ? "offline" : "visually-hidden"}>
      {isOffline && (
        <>
          <Icon name="warning" /> {t.errors.offlineShort}
        </>
      )}
    </div>
  );
}
