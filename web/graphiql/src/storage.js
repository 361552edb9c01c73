// Where GraphiQL keeps its tabs, history and settings: localStorage, as usual,
// but without request headers. shouldPersistHeaders={false} covers the tabs;
// the history would still store the headers, and an access token in them.
const PREFIX = 'graphiql:';
const HISTORY_KEYS = new Set([`${PREFIX}queries`, `${PREFIX}favorites`]);

const withoutHeaders = (json) => JSON.stringify(JSON.parse(json), (key, value) => (key === 'headers' ? undefined : value));
const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, HISTORY_KEYS.has(key) ? withoutHeaders(value) : value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};

function localStorageWorks() {
  try {
    return localStorage !== null;
  } catch {
    return false;
  }
}

// null makes GraphiQL work without remembering anything.
export const graphiqlStorage = localStorageWorks() ? storage : null;
