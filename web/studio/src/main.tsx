import { RouterProvider } from "@tanstack/react-router";
import { lazy, StrictMode, Suspense, useEffect, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider } from "react-aria-components";
import { Provider } from "urql";
import { createClient } from "./graphql/client.ts";
import { language, loadLanguage, t } from "./messages/index.ts";
import { createStudioRouter } from "./router.tsx";
import { session, type Viewer } from "./session/session.ts";
import { SignInPage } from "./session/SignIn.tsx";
import { storage } from "./session/storage.ts";
import { useSession, ViewerContext } from "./session/useSession.ts";
import { Toasts } from "./ui/toasts.tsx";
import "./styles/tokens.css";
import "./styles/base.css";

const Reauthenticate = lazy(() =>
  import("./session/Reauthenticate.tsx").then(({ Reauthenticate }) => ({
    default: Reauthenticate,
  })),
);

function Studio() {
  const state = useSession();
  useEffect(() => void session.restore(), []);
  switch (state.status) {
    case "restoring":
      return (
        <p className="restoring" role="status">
          {t.signIn.restoring}
        </p>
      );
    case "signed-out":
      return <SignInPage />;
    case "signed-in":
    case "expired":
      return (
        <>
          <SignedIn key={state.viewer.id} viewer={state.viewer} />
          {state.status === "expired" && (
            <Suspense>
              <Reauthenticate viewer={state.viewer} />
            </Suspense>
          )}
        </>
      );
  }
}

/** The pages of an account. Its cache ends with its session. */
function SignedIn({ viewer }: { viewer: Viewer }) {
  const client = useMemo(() => createClient(), []);
  const router = useMemo(() => createStudioRouter(), []);
  return (
    <ViewerContext value={viewer}>
      <Provider value={client}>
        <RouterProvider router={router} />
        <Toasts />
      </Provider>
    </ViewerContext>
  );
}

const RELOADED = "reelport.reloaded";
const RELOAD_AGAIN_MS = 60_000;

// The service has been updated, and the files of the version that is open are gone. What was typed
// is kept; the page starts with the new version, but not again and again.
addEventListener("vite:preloadError", () => {
  if (Number(storage.get(RELOADED) ?? 0) + RELOAD_AGAIN_MS > Date.now()) return;
  storage.set(RELOADED, `${Date.now()}`);
  location.reload();
});

const root = document.getElementById("root");

async function start(container: HTMLElement): Promise<void> {
  await loadLanguage();
  document.documentElement.lang = language;
  createRoot(container).render(
    <StrictMode>
      <I18nProvider locale={language}>
        <Studio />
      </I18nProvider>
    </StrictMode>,
  );
}

if (root !== null) void start(root);
