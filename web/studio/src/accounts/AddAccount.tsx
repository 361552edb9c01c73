// A new account: with a link by which the person sets a password, or with a password. Both are
// shown once.
import { useNavigate } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { useMutation } from "urql";
import { exactly } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import type { Role } from "../session/session.ts";
import { ROLES } from "../session/useSession.ts";
import { Button, Radios, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { problemsOf, type Problems } from "../ui/problems.ts";
import { Secret } from "../ui/Secret.tsx";
import { linkOf, makePassword } from "./passwords.ts";
import { CREATE_ACCOUNT, CREATE_PASSWORD_LINK } from "./queries.ts";

const FIELDS = ["email", "name"] as const;

/** An account that was made, and what is handed over. */
interface Made {
  id: string;
  email: string;
  secret: { label: string; value: string; hint: string } | { problem: string };
}

export function AddAccount({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Made | null>(null);
  const navigate = useNavigate();
  if (made === null) {
    return (
      <Dialog title={t.accounts.add} isOpen onClose={onClose}>
        <Form onMade={setMade} onClose={onClose} />
      </Dialog>
    );
  }
  const { secret } = made;
  return (
    <Dialog title={t.accounts.added(made.email)} isOpen onClose={onClose} isRequired>
      {"problem" in secret ? (
        <p role="alert">{t.accounts.withoutLink(secret.problem)}</p>
      ) : (
        <Secret {...secret} />
      )}
      <DialogActions>
        <Button
          look="ghost"
          onPress={() => void navigate({ to: "/accounts/$id", params: { id: made.id } })}
        >
          {t.accounts.open}
        </Button>
        <Button look="main" onPress={onClose}>
          {t.accounts.done}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Form({ onMade, onClose }: { onMade: (made: Made) => void; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("VIEWER");
  const [way, setWay] = useState<"link" | "password">("link");
  const [problems, setProblems] = useState<Problems<(typeof FIELDS)[number]>>({});
  const [isBusy, setBusy] = useState(false);
  const [, create] = useMutation(CREATE_ACCOUNT);
  const [, createLink] = useMutation(CREATE_PASSWORD_LINK);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    const password = makePassword();
    const input = { email: email.trim(), name: name.trim(), role };
    const { data, error } = await create({
      input: way === "link" ? input : { ...input, password },
    });
    const user = data?.createUser.user ?? null;
    const found = problemsOf(FIELDS, error, data?.createUser.userErrors);
    if (user === null || found !== null) {
      setBusy(false);
      setProblems(found ?? {});
      return;
    }
    const made = { id: user.id, email: user.email };
    if (way === "password") {
      const secret = { label: t.accounts.password, value: password, hint: t.accounts.passwordHint };
      onMade({ ...made, secret });
      return;
    }
    const link = await createLink({ input: { id: user.id } });
    const { secret, expiresAt } = link.data?.createPasswordLink ?? {};
    if (secret == null || expiresAt == null) {
      const problem = problemsOf([], link.error, link.data?.createPasswordLink.userErrors)?.rest;
      onMade({ ...made, secret: { problem: problem ?? "" } });
    } else {
      onMade({
        ...made,
        secret: {
          label: t.accounts.link,
          value: linkOf(secret),
          hint: t.accounts.linkHint(exactly(expiresAt)),
        },
      });
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField
        label={t.accounts.email}
        type="email"
        value={email}
        onChange={setEmail}
        isRequired
        autoFocus
        autoComplete="off"
        error={problems.email ?? null}
      />
      <TextField
        label={t.accounts.name}
        hint={t.accounts.nameHint}
        value={name}
        onChange={setName}
        autoComplete="off"
        error={problems.name ?? null}
      />
      <RoleChoice value={role} roles={ROLES} onChange={setRole} />
      <Radios
        label={t.accounts.signsIn}
        name="way"
        value={way}
        options={[
          ["link", t.accounts.byLink],
          ["password", t.accounts.byPassword],
        ]}
        onChange={setWay}
      />
      {problems.rest !== undefined && (
        <p className="field-error" role="alert">
          {problems.rest}
        </p>
      )}
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button type="submit" look="main" isBusy={isBusy}>
          {isBusy ? t.accounts.busy : t.accounts.submit}
        </Button>
      </DialogActions>
    </form>
  );
}

interface RoleChoiceProps {
  value: Role;
  roles: readonly Role[];
  onChange: (role: Role) => void;
}

/** The roles, each with what it allows. */
export function RoleChoice({ value, roles, onChange }: RoleChoiceProps) {
  return (
    <Radios
      label={t.accounts.role}
      name="role"
      value={value}
      options={roles.map((each) => [
        each,
        <>
          {t.roles[each]} <span className="sub">{t.accounts.roleNotes[each]}</span>
        </>,
      ])}
      onChange={onChange}
    />
  );
}
