// One account, for admins: name and role, password, access, sessions, tokens.
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode, type SubmitEvent } from "react";
import { useMutation, useQuery } from "urql";
import { exactly, when } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { ROLES, useViewer } from "../session/useSession.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { Icon } from "../ui/Icon.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { problemsOf, type Problems } from "../ui/problems.ts";
import { PageNotice } from "../ui/PageNotice.tsx";
import { Failure, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { RoleChoice } from "./AddAccount.tsx";
import { HandOver } from "./HandOver.tsx";
import { ACCOUNT, DELETE_ACCOUNT, UPDATE_ACCOUNT, type Account } from "./queries.ts";
import { Sessions } from "./Sessions.tsx";
import { Tokens } from "./Tokens.tsx";
import "../ui/tabs.css";
import "./accounts.css";

const route = getRouteApi("/accounts/$id");

export function AccountPage() {
  const { mayManage } = useViewer();
  return mayManage ? <Managed /> : <NeedsRole title={t.accounts.title} role="ADMIN" />;
}

function Managed() {
  const { id } = route.useParams();
  const [{ data, error }, retry] = useQuery({
    query: ACCOUNT,
    variables: { id },
    requestPolicy: "cache-and-network",
  });
  const account = data?.user;
  useTitle(account?.email ?? t.accounts.title);
  if (account) return <AccountView account={account} />;
  if (error !== undefined)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  if (account === undefined)
    return (
      <div className="page">
        <Skeleton />
      </div>
    );
  return (
    <PageNotice title={t.accounts.notFoundTitle} to="/accounts" label={t.accounts.toAccounts}>
      {t.accounts.notFound}
    </PageNotice>
  );
}

function AccountView({ account }: { account: Account }) {
  const viewer = useViewer();
  const isOwn = account.id === viewer.id;
  return (
    <div className="page account">
      <header className="page-bar">
        <Link to="/accounts" className="back" aria-label={t.accounts.title}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1>
            <bdi>{account.email}</bdi>
            {account.isDisabled && <span className="tag remove">{t.accounts.states.disabled}</span>}
          </h1>
          {account.createdAt !== null && (
            <p className="sub" title={exactly(account.createdAt)}>
              {t.accounts.createdAt(when(account.createdAt))}
            </p>
          )}
        </div>
        <Link to="/audit-log" search={{ account: account.id }} className="button">
          <Icon name="audit" />
          {t.accounts.audit}
        </Link>
      </header>
      {isOwn && <p className="own-note">{t.accounts.own}</p>}
      <Details key={`${account.name} ${account.role}`} account={account} isOwn={isOwn} />
      {!isOwn && <HandOver account={account} />}
      {!isOwn && <Access account={account} />}
      <Sessions account={account} isOwn={false} />
      <Tokens account={account} isOwn={false} />
    </div>
  );
}

interface PartProps {
  title: string;
  text?: string;
  children: ReactNode;
}

export function Part({ title, text, children }: PartProps) {
  return (
    <section className="section">
      <div className="section-head">
        <div>
          <h2>{title}</h2>
          {text !== undefined && <p className="sub">{text}</p>}
        </div>
      </div>
      {children}
    </section>
  );
}

const FIELDS = ["name"] as const;

function Details({ account, isOwn }: { account: Account; isOwn: boolean }) {
  const [name, setName] = useState(account.name);
  const [role, setRole] = useState(account.role);
  const [problems, setProblems] = useState<Problems<(typeof FIELDS)[number]>>({});
  const [{ fetching }, update] = useMutation(UPDATE_ACCOUNT);
  const isChanged = name.trim() !== account.name || role !== account.role;

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (fetching) return;
    const { data, error } = await update({
      input: {
        id: account.id,
        name: name.trim(),
        ...(role === account.role ? {} : { role }),
      },
    });
    const found = problemsOf(FIELDS, error, data?.updateUser.userErrors);
    setProblems(found ?? {});
    if (found === null) showToast(t.accounts.saved(account.email));
  };

  return (
    <Part title={t.accounts.details}>
      <form className="narrow-form" onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.accounts.name}
          hint={t.accounts.nameHint}
          value={name}
          onChange={setName}
          autoComplete="off"
          error={problems.name ?? null}
        />
        {!isOwn && <RoleChoice value={role} roles={ROLES} onChange={setRole} />}
        {problems.rest !== undefined && (
          <p className="field-error" role="alert">
            {problems.rest}
          </p>
        )}
        <div>
          <Button type="submit" isBusy={fetching} isDisabled={!isChanged}>
            {t.accounts.save}
          </Button>
        </div>
      </form>
    </Part>
  );
}

function Access({ account }: { account: Account }) {
  const [isDeleting, setDeleting] = useState(false);
  const [{ fetching }, update] = useMutation(UPDATE_ACCOUNT);
  const [, remove] = useMutation(DELETE_ACCOUNT);
  const navigate = useNavigate();
  const { id, email, isDisabled } = account;

  const toggle = async () => {
    const { data, error } = await update({ input: { id, isDisabled: !isDisabled } });
    const problem = problemsOf([], error, data?.updateUser.userErrors)?.rest;
    if (problem !== undefined) showToast(problem, { tone: "failed" });
    else showToast(isDisabled ? t.accounts.enabled(email) : t.accounts.disabled(email));
  };
  const confirm = async () => {
    const { data, error } = await remove({ input: { id } });
    const problem = problemsOf([], error, data?.deleteUser.userErrors)?.rest;
    if (problem !== undefined) {
      showToast(problem, { tone: "failed" });
      return;
    }
    showToast(t.accounts.deleted(email));
    void navigate({ to: "/accounts", replace: true });
  };

  return (
    <Part
      title={t.accounts.access}
      text={isDisabled ? t.accounts.enableText : t.accounts.disableText}
    >
      <div className="part-actions">
        <Button isBusy={fetching} onPress={() => void toggle()}>
          {isDisabled ? t.accounts.enable : t.accounts.disable}
        </Button>
        <Button look="danger" onPress={() => setDeleting(true)}>
          {t.accounts.delete}
        </Button>
      </div>
      {isDeleting && (
        <Confirm
          title={t.accounts.deleteTitle(email)}
          action={t.accounts.delete}
          onClose={() => setDeleting(false)}
          onConfirm={confirm}
        >
          {t.accounts.deleteText}
        </Confirm>
      )}
    </Part>
  );
}
