// The own account: password, sessions and tokens.
import { useState, type SubmitEvent } from "react";
import { useQuery } from "urql";
import { t } from "../messages/index.ts";
import { session } from "../session/session.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Checkbox, TextField } from "../ui/controls.tsx";
import { sentence } from "../ui/problems.ts";
import { Failure, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { OWN_ACCOUNT } from "./queries.ts";
import { Sessions } from "./Sessions.tsx";
import { Tokens } from "./Tokens.tsx";
import "./accounts.css";

export function OwnAccountPage() {
  useTitle(t.accounts.ownTitle);
  const viewer = useViewer();
  const [{ data, error }, retry] = useQuery({
    query: OWN_ACCOUNT,
    requestPolicy: "cache-and-network",
  });
  const reload = () => retry({ requestPolicy: "network-only" });
  const account = data?.viewer;
  return (
    <div className="page account">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.accounts.ownTitle}</h1>
          <p className="sub">
            <bdi>{t.accounts.ownLead(viewer.email, t.roles[viewer.role])}</bdi>
          </p>
        </div>
      </div>
      {account ? (
        <>
          <Sessions account={account} isOwn />
          <Tokens account={account} isOwn />
        </>
      ) : error === undefined ? (
        <Skeleton />
      ) : (
        <Failure error={error} onRetry={reload} />
      )}
      <Password onChanged={reload} />
    </div>
  );
}

type Problem = { field: "old" | "new"; text: string } | null;

function Password({ onChanged }: { onChanged: () => void }) {
  const [oldPassword, setOld] = useState("");
  const [newPassword, setNew] = useState("");
  const [revokeTokens, setRevoke] = useState(false);
  const [problem, setProblem] = useState<Problem>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    const refusal = await session.changePassword({ oldPassword, newPassword, revokeTokens });
    setBusy(false);
    if (refusal === null) {
      setOld("");
      setNew("");
      showToast(t.accounts.passwordChanged);
      onChanged();
      return;
    }
    switch (refusal.reason) {
      case "wrong":
        return setProblem({ field: "old", text: t.accounts.passwordWrong });
      case "too-many":
        return setProblem({
          field: "old",
          text: t.accounts.passwordLimited(Math.ceil(refusal.seconds / 60)),
        });
      case "invalid":
        return setProblem({ field: "new", text: sentence(refusal.message) });
      case "unreachable":
        return setProblem({ field: "new", text: t.errors.offline });
    }
  };

  const textOf = (field: "old" | "new") => (problem?.field === field ? problem.text : null);
  return (
    <section className="section" aria-labelledby="password">
      <div className="section-head">
        <div>
          <h2 id="password">{t.accounts.signIn}</h2>
        </div>
      </div>
      <form className="narrow-form" onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.accounts.oldPassword}
          type="password"
          autoComplete="current-password"
          value={oldPassword}
          onChange={setOld}
          isRequired
          error={textOf("old")}
        />
        <TextField
          label={t.accounts.newPassword}
          hint={t.accounts.newPasswordHint}
          type="password"
          autoComplete="new-password"
          value={newPassword}
          onChange={setNew}
          isRequired
          error={textOf("new")}
        />
        <Checkbox label={t.accounts.revokeTokens} isChecked={revokeTokens} onChange={setRevoke} />
        <div>
          <Button type="submit" isBusy={isBusy}>
            {isBusy ? t.accounts.changingPassword : t.accounts.changePassword}
          </Button>
        </div>
      </form>
    </section>
  );
}
