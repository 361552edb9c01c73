// The signed-in session. It lives in sessionStorage only, so closing the
// browser tab forgets the access token. The password is never stored. After a
// log-in through a provider, the refresh token is in a cookie that scripts
// cannot read.
import { Kind, OperationTypeNode, parse } from 'graphql';
import { createClient } from 'graphql-sse';
import { useSyncExternalStore } from 'react';

export const ENDPOINT = '/graphql';

const STORAGE_KEY = 'reelport.session';
// The Studio's: a session may be in its cookie, and one tab at a time may refresh it.
const STUDIO_HINT = 'reelport.signed-in';
const STUDIO_LOCK = 'reelport-session';
const SIGNED_OUT_KEY = 'reelport.signed-out';
// Where the service goes after a log-in through a provider.
const FROM_PROVIDER = '#signed-in';
const LONGEST_TIMER_MS = 60 * 60 * 1000;

const LOGIN = `mutation Login($input: LoginInput!) {
  login(input: $input) {
    accessToken
    expiresIn
    userErrors { message }
  }
}`;

// state.session is null or {accessToken, email, expiresAt, hasCookie}; state.notice is
// null or a sentence that tells the user why a new sign-in is needed.
let state = { session: null, notice: null };
const listeners = new Set();
let expiryTimer;

function setState(next) {
  state = next;
  try {
    if (next.session) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next.session));
    else sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // Storage is switched off: the session lasts until the page is reloaded.
  }
  watchExpiry();
  for (const listener of listeners) listener();
}

function watchExpiry() {
  clearTimeout(expiryTimer);
  const expiresAt = state.session?.expiresAt;
  if (!expiresAt) return;
  const left = expiresAt - Date.now();
  if (left <= 0) expire(state.session.accessToken);
  else expiryTimer = setTimeout(watchExpiry, Math.min(left, LONGEST_TIMER_MS));
}

function expire(accessToken) {
  // An answer to an old request must not end a newer session.
  if (state.session?.accessToken !== accessToken) return;
  setState({
    session: null,
    notice: 'Your session has expired or was ended. Please sign in again.',
  });
}

function restore() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY));
    if (typeof saved?.accessToken === 'string' && typeof saved.email === 'string') {
      state = { session: saved, notice: null };
      watchExpiry();
    }
  } catch {
    // Nothing usable was stored.
  }
}
restore();
if (location.hash === FROM_PROVIDER) {
  history.replaceState(null, '', location.pathname + location.search);
  takeUp();
}

// Continues the session of the Studio, unless the user has signed out of this page.
async function continueStudioSession() {
  try {
    if (state.session || !localStorage.getItem(STUDIO_HINT) || sessionStorage.getItem(SIGNED_OUT_KEY)) return;
    const refresh = async () => {
      const response = await fetch('/api/v1/auth/refresh', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Protection': '1' },
        body: '{}',
        keepalive: true,
      });
      return response.ok ? response.json() : null;
    };
    // Without locks (a page without HTTPS), the refresh of another tab could end the session.
    const tokens = navigator.locks ? await navigator.locks.request(STUDIO_LOCK, refresh) : null;
    if (!tokens || state.session) return;
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    const { body } = await post({ query: '{ viewer { email } }' }, headers);
    const email = body?.data?.viewer?.email;
    if (!email || state.session) return;
    const expiresAt = Date.now() + tokens.expires_in * 1000;
    setState({ session: { accessToken: tokens.access_token, email, expiresAt }, notice: null });
  } catch {
    // No storage or no service: then the page asks for a sign-in.
  }
}
continueStudioSession();

export function useSession() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

export function signOut() {
  const { session } = state;
  try {
    sessionStorage.setItem(SIGNED_OUT_KEY, '1');
  } catch {
    // Without storage nothing continues a session either.
  }
  setState({ session: null, notice: null });
  // The cookie has a session of its own; without it, the token ends by itself.
  if (session?.hasCookie) auth('logout').catch(() => {});
}

// The providers through which users can log in: a list of {label, url}.
export async function providers() {
  try {
    const body = await read(await fetch('/api/v1/auth/methods'));
    const returnTo = new URLSearchParams({ return_to: `${location.pathname}${FROM_PROVIDER}` });
    const list = Array.isArray(body?.providers) ? body.providers : [];
    return list.map(({ label, login_url: url }) => ({ label, url: `${url}?${returnTo}` }));
  } catch {
    // Without the list, users can sign in with a password.
    return [];
  }
}

// Takes up the session that a log-in through a provider began.
async function takeUp() {
  try {
    const response = await auth('refresh');
    const { access_token: accessToken, expires_in: seconds } = (await read(response)) ?? {};
    if (!response.ok || typeof accessToken !== 'string') throw new Error(`status ${response.status}`);
    const authorization = { Authorization: `Bearer ${accessToken}` };
    const { body } = await post({ query: '{ viewer { email } }' }, authorization);
    const email = body?.data?.viewer?.email ?? '';
    const expiresAt = seconds > 0 ? Date.now() + seconds * 1000 : null;
    setState({ session: { accessToken, email, expiresAt, hasCookie: true }, notice: null });
  } catch {
    setState({ session: null, notice: 'You could not be signed in. Please try again.' });
  }
}

// A request that relies on the cookie.
function auth(route) {
  return fetch(`/api/v1/auth/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Protection': '1' },
    body: '{}',
  });
}

// Signs in, or throws an Error with a message fit to show to the user.
export async function signIn(email, password) {
  const { status, body } = await post(
    { query: LOGIN, operationName: 'Login', variables: { input: { email, password } } },
    {},
  );
  const login = body?.data?.login;
  if (login?.accessToken) {
    const seconds = Number(login.expiresIn);
    const expiresAt = seconds > 0 ? Date.now() + seconds * 1000 : null;
    setState({ session: { accessToken: login.accessToken, email, expiresAt }, notice: null });
    return;
  }
  const messages = [...(login?.userErrors ?? []), ...(Array.isArray(body?.errors) ? body.errors : [])]
    .map((error) => error?.message)
    .filter(Boolean);
  throw new Error(
    messages.join(' ') || `Sign-in failed: the server answered with HTTP status ${status} and no access token.`,
  );
}

// The function GraphiQL calls for every operation, introspection included.
export function fetcher({ query, variables, operationName }, { headers = {} } = {}) {
  const request = { query, variables };
  // Just after a change of tabs, GraphiQL still gives the name, and the parsed form, of the other
  // tab's operation.
  if (operationName && query.includes(operationName)) request.operationName = operationName;
  return isSubscription(request) ? subscribe(request, headers) : execute(request, headers);
}

function isSubscription({ query, operationName }) {
  try {
    const { definitions } = parse(query);
    const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const named = operations.filter(({ name }) => name && name.value === operationName);
    const chosen = named.length > 0 ? named : operations;
    return chosen.some(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION);
  } catch {
    // The server says what is wrong.
    return false;
  }
}

async function execute(request, headers) {
  const { sentToken, allHeaders } = authorized(headers);
  let { status, body } = await post(request, allHeaders);
  if (status === 401 || needsSignIn(body)) {
    askForSignIn(sentToken, headers);
    // The schema is public, so the editor keeps working with an old token.
    if (sentToken && request.operationName === 'IntrospectionQuery') {
      ({ status, body } = await post(request, headers));
    }
  }
  return body ?? withoutBody(status);
}

// Events, as an observable: GraphiQL unsubscribes when the stop button is pressed.
function subscribe(request, headers) {
  const { sentToken, allHeaders } = authorized(headers);
  const client = createClient({ url: ENDPOINT, headers: allHeaders, retryAttempts: 0 });
  const show = (body, observer) => {
    if (needsSignIn(body)) askForSignIn(sentToken, headers);
    observer.next(body);
  };
  return {
    subscribe: (observer) => ({
      unsubscribe: client.subscribe(request, {
        next: (body) => show(body, observer),
        error: async ({ response }) => {
          if (response) show(await read(response) ?? withoutBody(response.status), observer);
          else observer.next({ errors: [{ message: 'The connection was lost. Run the subscription again.' }] });
          observer.complete();
        },
        complete: () => observer.complete(),
      }),
    }),
  };
}

// The headers of a request: those of the Headers pane, and the token if they have none.
function authorized(headers) {
  const sentToken = hasAuthorization(headers) ? null : (state.session?.accessToken ?? null);
  const allHeaders = sentToken ? { ...headers, Authorization: `Bearer ${sentToken}` } : headers;
  return { sentToken, allHeaders };
}

const hasAuthorization = (headers) => Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');

function askForSignIn(sentToken, headers) {
  if (sentToken) {
    expire(sentToken);
  } else if (!state.session) {
    setState({
      session: null,
      notice: hasAuthorization(headers)
        ? 'The server refused the Authorization header in the Headers pane. Please sign in, or correct the header.'
        : 'This operation needs a signed-in user. Please sign in.',
    });
  }
}

const withoutBody = (status) => ({
  errors: [{ message: `The server answered with HTTP status ${status} and no JSON body.` }],
});

// Without a token, the status is 200 and the fields that need one have an error. A log-in with a
// wrong password has the same code.
function needsSignIn(body) {
  const errors = Array.isArray(body?.errors) ? body.errors : [];
  const others = errors.filter((error) => error?.path?.[0] !== 'login');
  return others.some((error) => error?.extensions?.code === 'UNAUTHENTICATED');
}

async function post(request, headers) {
  let response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: {
        Accept: 'application/graphql-response+json, application/json',
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(request),
    });
  } catch (cause) {
    throw new Error('The server could not be reached. Check that it is running and try again.', { cause });
  }
  return { status: response.status, body: await read(response) };
}

// The JSON object of a response; null if it is anything else.
async function read(response) {
  try {
    const body = await response.json();
    return body && typeof body === 'object' ? body : null;
  } catch {
    return null;
  }
}
