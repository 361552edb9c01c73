// The accounts of the service, for admins.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AccountsQuery } from "../graphql/generated/graphql.ts";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import type { Role } from "../session/session.ts";
import { ROLES, useViewer } from "../session/useSession.ts";
import { Button, Select } from "../ui/controls.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { Notice } from "../ui/states.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { AddAccount } from "./AddAccount.tsx";
import { ACCOUNTS, type AccountRow } from "./queries.ts";
import { filterOf, readAccountsSearch, STATES, type AccountsSearch } from "./search.ts";
import "./accounts.css";

const route = getRouteApi("/accounts");
const PAGE = 50;
const accountsOf = (data: AccountsQuery) => data.users;

export function AccountsPage() {
  const { mayManage } = useViewer();
  return mayManage ? <Accounts /> : <NeedsRole title={t.accounts.title} role="ADMIN" />;
}

function Accounts() {
  useTitle(t.accounts.title);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isAdding, setAdding] = useState(false);
  const list = usePages(ACCOUNTS, { filter: filterOf(search), first: PAGE }, accountsOf);
  const change = (part: { [Key in keyof AccountsSearch]?: string | undefined }) =>
    void navigate({
      search: (before) => readAccountsSearch({ ...before, ...part }),
      replace: true,
    });
  return (
    <div className="page accounts">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.accounts.title}</h1>
          <p className="sub">{t.accounts.lead}</p>
        </div>
        <Button look="main" icon="plus" onPress={() => setAdding(true)}>
          {t.accounts.add}
        </Button>
      </div>
      <div className="list-bar">
        <div className="filters" role="group" aria-label={t.accounts.filters}>
          <Select<Role | "">
            isBare
            label={t.accounts.role}
            value={search.role ?? ""}
            options={[
              ["", t.accounts.anyRole],
              ...ROLES.map((each) => [each, t.roles[each]] as const),
            ]}
            onChange={(role) => change({ role })}
          />
          <Select<(typeof STATES)[number] | "">
            isBare
            label={t.accounts.state}
            value={search.state ?? ""}
            options={[
              ["", t.accounts.anyState],
              ...STATES.map((each) => [each, t.accounts.states[each]] as const),
            ]}
            onChange={(state) => change({ state })}
          />
        </div>
        <p className="sub num found" role="status">
          {list.isLoading && list.nodes.length === 0
            ? t.common.loading
            : t.accounts.found(list.total)}
        </p>
      </div>
      <List
        list={list}
        empty={<Notice title={t.accounts.emptyTitle}>{t.accounts.emptyText}</Notice>}
      >
        {(accounts) => <Table accounts={accounts} />}
      </List>
      {isAdding && <AddAccount onClose={() => setAdding(false)} />}
    </div>
  );
}

function Table({ accounts }: { accounts: AccountRow[] }) {
  const viewer = useViewer();
  const { columns } = t.accounts;
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">{columns.account}</th>
          <th scope="col">{columns.role}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.created}</th>
        </tr>
      </thead>
      <tbody>
        {accounts.map(({ id, email, name, role, isDisabled, createdAt }) => (
          <tr key={id}>
            <td>
              <Link to="/accounts/$id" params={{ id }} className="row-link">
                <bdi>{email}</bdi>
              </Link>
              {id === viewer.id && <span className="tag you">{t.accounts.you}</span>}
              {name !== "" && (
                <span className="sub" dir="auto">
                  {name}
                </span>
              )}
            </td>
            <td>{t.roles[role]}</td>
            <td>
              {isDisabled ? (
                <span className="tag remove">{t.accounts.states.disabled}</span>
              ) : (
                <span className="sub">{t.accounts.states.active}</span>
              )}
            </td>
            <td className="sub num" data-label={columns.created}>
              {createdAt !== null && <span title={exactly(createdAt)}>{when(createdAt)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
