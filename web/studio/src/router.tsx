// The addresses of the Studio. Filters, tabs and views are part of the address, so that each can be
// sent to somebody else. `src/http/studio.rs` has the list of addresses that the service answers.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { readAccountsSearch } from "./accounts/search.ts";
import { readAuditSearch } from "./audit/search.ts";
import { CataloguePage } from "./catalogue/CataloguePage.tsx";
import { readCatalogueSearch } from "./catalogue/search.ts";
import { readImportSearch } from "./importing/search.ts";
import { readChangesSearch } from "./changes/search.ts";
import { readDraftsSearch } from "./drafts/search.ts";
import { readJobsSearch } from "./jobs/search.ts";
import { t } from "./messages/index.ts";
import { readMovieSearch } from "./movie/search.ts";
import { readCompareSearch, readNamesSearch } from "./people/kinds.ts";
import { Shell } from "./shell/Shell.tsx";
import { Button } from "./ui/controls.tsx";
import { PageNotice } from "./ui/PageNotice.tsx";
import { Notice, Skeleton } from "./ui/states.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const catalogue = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: readCatalogueSearch,
  component: CataloguePage,
});

/** Nothing is at this address: whoever has signed in goes to the catalogue. */
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- how the router redirects
    throw redirect({ to: "/", replace: true });
  },
});

const movie = createRoute({
  getParentRoute: () => root,
  path: "/movies/$id",
  beforeLoad: ({ params }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- how the router redirects
    throw redirect({
      to: "/movies/$id/$category",
      params: { id: params.id, category: "basic-info" },
      replace: true,
    });
  },
});

const category = createRoute({
  getParentRoute: () => root,
  path: "/movies/$id/$category",
  validateSearch: readMovieSearch,
  component: lazyRouteComponent(() => import("./movie/MoviePage.tsx"), "MoviePage"),
});

const importing = createRoute({
  getParentRoute: () => root,
  path: "/import",
  validateSearch: readImportSearch,
  component: lazyRouteComponent(() => import("./importing/ImportPage.tsx"), "ImportPage"),
});

const drafts = createRoute({
  getParentRoute: () => root,
  path: "/drafts",
  validateSearch: readDraftsSearch,
  component: lazyRouteComponent(() => import("./drafts/DraftsPage.tsx"), "DraftsPage"),
});

const accounts = createRoute({
  getParentRoute: () => root,
  path: "/accounts",
  validateSearch: readAccountsSearch,
  component: lazyRouteComponent(() => import("./accounts/AccountsPage.tsx"), "AccountsPage"),
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/accounts/$id",
  component: lazyRouteComponent(() => import("./accounts/AccountPage.tsx"), "AccountPage"),
});

const ownAccount = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("./accounts/OwnAccountPage.tsx"), "OwnAccountPage"),
});

const auditLog = createRoute({
  getParentRoute: () => root,
  path: "/audit-log",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("./audit/AuditPage.tsx"), "AuditPage"),
});

const namesPage = lazyRouteComponent(() => import("./people/NamesPage.tsx"), "NamesPage");
const entityPage = lazyRouteComponent(() => import("./people/EntityPage.tsx"), "EntityPage");

const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  validateSearch: readNamesSearch,
  component: namesPage,
});

const ceremonies = createRoute({
  getParentRoute: () => root,
  path: "/ceremonies",
  validateSearch: readNamesSearch,
  component: namesPage,
});

const platforms = createRoute({
  getParentRoute: () => root,
  path: "/platforms",
  validateSearch: readNamesSearch,
  component: namesPage,
});

const genres = createRoute({
  getParentRoute: () => root,
  path: "/genres",
  validateSearch: readNamesSearch,
  component: namesPage,
});

const ceremony = createRoute({
  getParentRoute: () => root,
  path: "/ceremonies/$id",
  component: entityPage,
});

const platform = createRoute({
  getParentRoute: () => root,
  path: "/platforms/$id",
  component: entityPage,
});

const genre = createRoute({
  getParentRoute: () => root,
  path: "/genres/$id",
  component: entityPage,
});

const person = createRoute({
  getParentRoute: () => root,
  path: "/people/$id",
  component: lazyRouteComponent(() => import("./people/PersonPage.tsx"), "PersonPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/people/$id/compare",
  validateSearch: readCompareSearch,
  component: lazyRouteComponent(() => import("./people/ComparePage.tsx"), "ComparePage"),
});

const split = createRoute({
  getParentRoute: () => root,
  path: "/people/$id/split",
  component: lazyRouteComponent(() => import("./people/SplitPage.tsx"), "SplitPage"),
});

const changes = createRoute({
  getParentRoute: () => root,
  path: "/changes",
  validateSearch: readChangesSearch,
  component: lazyRouteComponent(() => import("./changes/ChangesPage.tsx"), "ChangesPage"),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  validateSearch: readJobsSearch,
  component: lazyRouteComponent(() => import("./jobs/JobsPage.tsx"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$id",
  component: lazyRouteComponent(() => import("./jobs/JobPage.tsx"), "JobPage"),
});

const routeTree = root.addChildren([
  catalogue,
  signIn,
  movie,
  category,
  importing,
  drafts,
  accounts,
  account,
  ownAccount,
  auditLog,
  people,
  person,
  compare,
  split,
  ceremonies,
  ceremony,
  platforms,
  platform,
  genres,
  genre,
  changes,
  jobs,
  job,
]);

/** Texts and lists of texts, as they are read in an address: `?missing=TRIVIA,AWARDS&q=barbie`. */
function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" || typeof value === "number") parameters.set(name, `${value}`);
    else if (Array.isArray(value)) parameters.set(name, value.join(","));
  }
  const text = parameters.toString().replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

export function createStudioRouter() {
  return createRouter({
    routeTree,
    scrollRestoration: true,
    defaultPreload: "intent",
    defaultErrorComponent: () => (
      <Notice
        title={t.errors.title}
        actions={<Button onPress={() => location.reload()}>{t.common.tryAgain}</Button>}
      >
        {t.errors.broken}
      </Notice>
    ),
    defaultPendingComponent: () => (
      <div className="page">
        <Skeleton />
      </div>
    ),
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createStudioRouter>;
  }
}

function NotFound() {
  return (
    <PageNotice title={t.errors.notFoundTitle} to="/" label={t.errors.toCatalogue}>
      {t.errors.notFound}
    </PageNotice>
  );
}
