// A page that was asked for by its address, by an account whose role does not allow it.
import { Link } from "@tanstack/react-router";
import { t } from "../messages/index.ts";
import type { Role } from "../session/session.ts";
import { Notice } from "./states.tsx";
import { useTitle } from "./useTitle.ts";

export function NeedsRole({ title, role }: { title: string; role: Role }) {
  useTitle(title);
  return (
    <Notice
      level={1}
      title={title}
      actions={
        <Link to="/" className="button">
          {t.errors.toCatalogue}
        </Link>
      }
    >
      {t.errors.needsRole(t.roles[role])}
    </Notice>
  );
}
