// The frame of every page: where one is, where one can go, and who one is.
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useQuery } from "urql";
import { graphql } from "../graphql/generated/index.ts";
import { t } from "../messages/index.ts";
import { session } from "../session/session.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/states.tsx";
import { DropZone } from "./DropZone.tsx";
import "./shell.css";

const COUNTS = graphql(`
  query Counts($withDrafts: Boolean!) {
    movies(first: 1) {
      totalCount
    }
    drafts(first: 1) @include(if: $withDrafts) {
      totalCount
    }
  }
`);

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
  const current = (isCurrent: boolean) => (isCurrent ? { "aria-current": "page" as const } : {});
  return (
    <nav className="rail" aria-label={t.common.menu}>
      <div className="brand">{t.product}</div>
      <Link to="/" activeOptions={{ exact: true }} className="rail-link" {...current(isCatalogue)}>
        <Icon name="catalogue" />
        <span>{t.shell.catalogue}</span>
        <span className="count num">{data && t.number(data.movies.totalCount)}</span>
      </Link>
      {viewer.mayDraft && (
        <>
          <Link to="/import" className="rail-link" {...current(path === "/import")}>
            <Icon name="import" />
            <span>{t.shell.import}</span>
          </Link>
          <Link to="/drafts" className="rail-link" {...current(path === "/drafts")}>
            <Icon name="drafts" />
            <span>{t.shell.drafts}</span>
            <span className="count num">{data?.drafts && t.number(data.drafts.totalCount)}</span>
          </Link>
        </>
      )}
      <a href="/graphiql" className="rail-link">
        <Icon name="code" />
        <span>{t.shell.graphiql}</span>
      </a>
      <div className="me">
        <div className="clamp" title={viewer.email}>
          {viewer.email}
        </div>
        <div className="sub">{t.roles[viewer.role]}</div>
      </div>
      <Button look="ghost" icon="signOut" onPress={() => void session.signOut()}>
        {t.shell.signOut}
      </Button>
    </nav>
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
