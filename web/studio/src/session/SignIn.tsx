import { useEffect, useState, type SubmitEvent } from "react";
import { t } from "../messages/index.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { loginMethods, logInThrough, type Methods } from "./methods.ts";
import { session, type Refusal } from "./session.ts";
import "./signin.css";

export function SignInPage() {
  const [methods, setMethods] = useState<Methods | null>(null);
  useEffect(() => {
    void loginMethods().then(setMethods);
  }, []);
  const hasPassword = methods?.password ?? true;
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>{t.signIn.title}</h1>
        {hasPassword && <SignInForm />}
        {methods?.providers.map((provider) => (
          <Button
            key={provider.url}
            look={hasPassword ? "plain" : "main"}
            onPress={() => logInThrough(provider)}
          >
            {t.signIn.through(provider.label)}
          </Button>
        ))}
        {hasPassword && <p className="sub">{t.signIn.first}</p>}
      </div>
    </main>
  );
}

/** The form; with `email`, only the password is asked for. */
export function SignInForm({ email: known }: { email?: string }) {
  const [email, setEmail] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setError(null);
    const refusal = await session.signIn(email.trim(), password);
    setBusy(false);
    if (refusal !== null) setError(sentence(refusal));
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="sign-in-form">
      <TextField
        label={t.signIn.email}
        type="email"
        name="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        isRequired
        isReadOnly={known !== undefined}
        autoFocus={known === undefined}
      />
      <TextField
        label={t.signIn.password}
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        isRequired
        autoFocus={known !== undefined}
        error={error}
      />
      <Button type="submit" look="main" isBusy={isBusy}>
        {isBusy ? t.signIn.busy : t.signIn.submit}
      </Button>
    </form>
  );
}

function sentence(refusal: Refusal): string {
  switch (refusal.reason) {
    case "wrong":
      return t.signIn.wrong;
    case "too-many":
      return t.signIn.tooMany(Math.ceil(refusal.seconds / 60));
    case "unreachable":
      return t.signIn.failed;
  }
}
