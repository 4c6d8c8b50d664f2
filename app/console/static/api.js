// The API as functions. The access token lives in memory only; the refresh token rotates in localStorage, where all
// tabs share it, and a lock lets one tab refresh at a time.
const KEY = "z2h.refresh";
const PLACE = "z2h.place";
const LONGEST = 30_000;
let access = null;
// The token of somebody in whose place an administrator acts: for this tab, and never refreshed.
let place = sessionStorage.getItem(PLACE);
let refreshing = null;
const listeners = new Set();

export const session = {
  get possible() { return localStorage.getItem(KEY) !== null; },
  get token() { return place || access; },
  get acting() { return place !== null; },
  onchange(listener) { listeners.add(listener); },
  begin(tokens) { setPlace(null); access = tokens.access_token; localStorage.setItem(KEY, tokens.refresh_token); tell(); },
  act(token) { setPlace(token); tell(); },
  end() { setPlace(null); access = null; localStorage.removeItem(KEY); tell(); },
};
function setPlace(token) {
  place = token;
  if (token) sessionStorage.setItem(PLACE, token);
  else sessionStorage.removeItem(PLACE);
}
const tell = () => listeners.forEach((listener) => listener());
window.addEventListener("storage", (event) => { if (event.key === KEY && event.newValue === null) session.end(); });

// Milliseconds to wait after so many failures in a row; not all clients at once, and not before the server's Retry-After.
export function backoff(failures, problem) {
  const doubling = Math.min(LONGEST, 500 * 2 ** failures);
  return Math.max(doubling * (0.5 + Math.random() / 2), (problem?.retry_after || 0) * 1000);
}

// Resolves to whether there is a new access token; false: the session is over. Rejects when nobody can tell.
export function refresh() {
  return (refreshing ||= alone(rotate).finally(() => (refreshing = null)));
}

// Locks exist on https and localhost only. Without them two tabs may refresh at once, which the server forgives for ten seconds.
const alone = (work) => (navigator.locks ? navigator.locks.request("z2h.refresh", work) : work());

async function rotate() {
  const token = localStorage.getItem(KEY);
  if (!token) return false;
  const answer = await send("auth/refreshes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: token }) });
  if (answer.status === 429 || answer.status >= 500) throw await problem(answer);
  // Signed out in another tab meanwhile: that holds.
  if (!session.possible) return false;
  if (!answer.ok) {
    session.end();
    return false;
  }
  const tokens = await answer.json();
  access = tokens.access_token;
  localStorage.setItem(KEY, tokens.refresh_token);
  return true;
}

const send = (path, options) => fetch(`/api/v1/${path}`, options).catch(() => { throw { title: "The service cannot be reached. Are you online?", status: 0 }; });

async function problem(answer) {
  const said = await answer.json().catch(() => null);
  const found = { title: "That did not work.", ...said, status: answer.status, retry_after: Number(answer.headers.get("Retry-After")) || 0 };
  if (answer.status === 429 && found.retry_after) found.detail = `${found.title} Try again in ${wait(found.retry_after)}.`;
  return found;
}

const wait = (seconds) => (seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`);

// What is sent without a token: there a 401 says something else than that the token is too old.
const OPEN = /^auth\/(registrations|sessions($|\/second|\/passkey)|passkey-challenges|refreshes|verifications|password-resets|address-changes|captcha|social\/(providers|handovers))/;

// Resolves to {data, etag}; rejects with the problem document. Who must prove once more who they are is asked, and it is done then.
export async function call(method, path, options = {}) {
  try {
    return await once(method, path, options);
  } catch (found) {
    const more = found.code === "reauthentication_required" || found.code === "second_factor_required";
    if (!more || place || !(await api.prove(found.code === "second_factor_required"))) throw found;
    return once(method, path, options);
  }
}

async function once(method, path, { body, match, text, as = text ? "text" : "json" }) {
  const key = method === "POST" ? { "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()) } : {};
  const attempt = () => send(path, {
    method,
    headers: {
      ...(session.token && !OPEN.test(path) ? { Authorization: `Bearer ${session.token}` } : {}),
      ...(body !== undefined ? { "Content-Type": "application/json" } : {}),
      ...(match ? { "If-Match": match } : {}),
      ...key,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  let answer = await attempt();
  if (answer.status === 401 && place) session.act(null);
  else if (answer.status === 401 && session.possible && !OPEN.test(path) && (await refresh())) answer = await attempt();
  if (!answer.ok) throw await problem(answer);
  return { data: as === "blob" ? await answer.blob() : read(await answer.text(), as), etag: answer.headers.get("ETag") };
}

const read = (text, as) => (as === "text" ? text : text ? JSON.parse(text) : null);

export const api = {
  get: async (path, options) => (await call("GET", path, options)).data,
  post: async (path, body) => (await call("POST", path, { body })).data,
  put: async (path, body) => (await call("PUT", path, { body })).data,
  patch: async (path, body, match = "*") => (await call("PATCH", path, { body, match })).data,
  async download(path, name) {
    const url = URL.createObjectURL((await call("GET", path, { as: "blob" })).data);
    Object.assign(document.createElement("a"), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  },
  delete: async (path, match) => (await call("DELETE", path, { match })).data,
  async all(path) {
    const items = [];
    let cursor = null;
    do {
      const page = await api.get(`${path}${path.includes("?") ? "&" : "?"}limit=100${cursor ? `&cursor=${cursor}` : ""}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  },
};
