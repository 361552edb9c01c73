// A page that was asked for by its address, by an account whose role does not allow it.
import { t } from "../messages/index.ts";
import type { Role } from "../session/session.ts";
import { PageNotice } from "./PageNotice.tsx";
import { useTitle } from "./useTitle.ts";

export function NeedsRole({ title, role }: { title: string; role: Role }) {
  useTitle(title);
  return (
    <PageNotice title={title} to="/" label={t.errors.toCatalogue}>
      {t.errors.needsRole(t.roles[role])}
    </PageNotice>
  );
}
