// What an admin gives to a person who cannot sign in: a link that sets a password, or a password.
import { useState } from "react";
import { useMutation } from "urql";
import { exactly } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { problemsOf } from "../ui/problems.ts";
import { Secret } from "../ui/Secret.tsx";
import { showToast } from "../ui/toasts.tsx";
import { Part } from "./AccountPage.tsx";
import { linkOf, makePassword } from "./passwords.ts";
import { CREATE_PASSWORD_LINK, SET_PASSWORD, type Account } from "./queries.ts";

interface Shown {
  title: string;
  label: string;
  value: string;
  hint: string;
}

export function HandOver({ account: { id, email } }: { account: Account }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [{ fetching }, createLink] = useMutation(CREATE_PASSWORD_LINK);
  const [, setPassword] = useMutation(SET_PASSWORD);

  const makeLink = async () => {
    const { data, error } = await createLink({ input: { id } });
    const { secret, expiresAt } = data?.createPasswordLink ?? {};
    if (secret == null || expiresAt == null) {
      const problem = problemsOf([], error, data?.createPasswordLink.userErrors)?.rest;
      showToast(problem ?? t.errors.unknown, { tone: "failed" });
      return;
    }
    setShown({
      title: email,
      label: t.accounts.link,
      value: linkOf(secret),
      hint: t.accounts.linkHint(exactly(expiresAt)),
    });
  };
  const newPassword = async () => {
    const password = makePassword();
    const { data, error } = await setPassword({ input: { id, password } });
    const problem = problemsOf([], error, data?.setPassword.userErrors)?.rest;
    if (problem !== undefined) {
      showToast(problem, { tone: "failed" });
      return;
    }
    setShown({
      title: t.accounts.passwordSet(email),
      label: t.accounts.password,
      value: password,
      hint: t.accounts.passwordHint,
    });
  };

  return (
    <Part title={t.accounts.signIn} text={t.accounts.signInText}>
      <div className="part-actions">
        <Button isBusy={fetching} onPress={() => void makeLink()}>
          {t.accounts.makeLink}
        </Button>
        <Button onPress={() => setAsking(true)}>{t.accounts.setPassword}</Button>
      </div>
      {isAsking && (
        <Confirm
          title={t.accounts.setPasswordTitle}
          action={t.accounts.setPassword}
          onClose={() => setAsking(false)}
          onConfirm={newPassword}
        >
          {t.accounts.setPasswordText(email)}
        </Confirm>
      )}
      {shown !== null && (
        <Dialog title={shown.title} isOpen onClose={() => setShown(null)} isRequired>
          <Secret label={shown.label} value={shown.value} hint={shown.hint} />
          <DialogActions>
            <Button look="main" onPress={() => setShown(null)}>
              {t.accounts.done}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </Part>
  );
}
