import { createContext, use, useSyncExternalStore } from "react";
import { session, type Role, type Viewer } from "./session.ts";

export const useSession = () => useSyncExternalStore(session.subscribe, session.snapshot);

export const ViewerContext = createContext<Viewer | null>(null);

export const ROLES: readonly Role[] = ["USER", "VIEWER", "CONTRIBUTOR", "ADMIN"];
const RANK = { USER: 0, VIEWER: 1, CONTRIBUTOR: 2, ADMIN: 3 };

/** The account, and what its role allows. */
export function useViewer() {
  const viewer = use(ViewerContext);
  if (viewer === null) throw new Error("useViewer is for pages behind the sign-in");
  const rank = RANK[viewer.role];
  return {
    ...viewer,
    /** Plan imports, write and read drafts, read history. */
    mayDraft: rank >= RANK.CONTRIBUTOR,
    /** Publish, discard, revert, add movies. */
    mayPublish: rank >= RANK.ADMIN,
    /** Manage accounts and jobs, read the audit log. */
    mayManage: rank >= RANK.ADMIN,
    /** The roles that this one includes, the own one last. */
    roles: ROLES.slice(0, rank + 1),
  };
}
