import { RouterProvider } from "@tanstack/react-router";
import { lazy, StrictMode, Suspense, useEffect, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider } from "react-aria-components";
import { Provider } from "urql";
import { createClient } from "./graphql/client.ts";
import { language, t } from "./messages/index.ts";
import { createStudioRouter } from "./router.tsx";
import { session, type Viewer } from "./session/session.ts";
import { SignInPage } from "./session/SignIn.tsx";
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
        <p className="visually-hidden" role="status">
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

const root = document.getElementById("root");
if (root !== null) {
  document.documentElement.lang = language;
  createRoot(root).render(
    <StrictMode>
      <I18nProvider locale={language}>
        <Studio />
      </I18nProvider>
    </StrictMode>,
  );
}
