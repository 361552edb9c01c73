import { useEffect, useRef, useState } from 'react';
import { providers, signIn, signOut, useSession } from './session.js';

export function SignInBar() {
  const { session, notice } = useSession();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [others, setOthers] = useState([]);
  const emailRef = useRef(null);
  const passwordRef = useRef(null);
  const signOutRef = useRef(null);
  const moveFocusTo = useRef(null);

  useEffect(() => {
    providers().then(setOthers);
  }, []);

  // After signing in or out the focused control is gone: move to its successor.
  useEffect(() => {
    const target = moveFocusTo.current;
    moveFocusTo.current = null;
    if (target === 'signOut') signOutRef.current?.focus();
    if (target === 'email') emailRef.current?.focus();
  }, [session]);

  async function onSubmit(event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      moveFocusTo.current = 'signOut';
      await signIn(email.trim(), password);
    } catch (failure) {
      moveFocusTo.current = null;
      setError(failure.message);
      passwordRef.current?.focus();
      passwordRef.current?.select();
      return;
    } finally {
      setBusy(false);
    }
    setPassword('');
  }

  function onSignOut() {
    moveFocusTo.current = 'email';
    setError(null);
    signOut();
  }

  const message = session ? null : (error ?? notice);

  return (
    <header className="reelport-bar">
      <h1>Reelport GraphiQL</h1>
      <div className="reelport-account">
        {session ? (
          <>
            <span role="status">
              Signed in as <strong>{session.email}</strong>
            </span>
            <button type="button" ref={signOutRef} onClick={onSignOut}>
              Sign out
            </button>
          </>
        ) : (
          <form onSubmit={onSubmit} aria-label="Sign in">
            <label>
              Email
              <input
                ref={emailRef}
                type="email"
                name="email"
                autoComplete="username"
                required
                aria-describedby={message ? 'reelport-message' : undefined}
                value={email}
                onChange={(event) => setEmail(event.target.value)}
              />
            </label>
            <label>
              Password
              <input
                ref={passwordRef}
                type="password"
                name="password"
                autoComplete="current-password"
                required
                aria-describedby={message ? 'reelport-message' : undefined}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            </label>
            <button type="submit" aria-disabled={busy}>
              {busy ? 'Signing in…' : 'Sign in'}
            </button>
            {others.map(({ label, url }) => (
              <a key={url} href={url}>
                Sign in with {label}
              </a>
            ))}
          </form>
        )}
      </div>
      {/* Always present, so that screen readers announce what appears in it. */}
      <p role="alert" id="reelport-message" className="reelport-message">
        {message}
      </p>
    </header>
  );
}
