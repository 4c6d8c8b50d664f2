// The API as functions. The access token lives in memory only; the refresh token rotates in localStorage, where all
// tabs share it, and a lock lets one tab refresh at a time.
const KEY = "z2h.refresh";
const LONGEST = 30_000;
let access = null;
let refreshing = null;
const listeners = new Set();

export const session = {
  get possible() { return localStorage.getItem(KEY) !== null; },
  get token() { return access; },
  onchange(listener) { listeners.add(listener); },
  begin(tokens) { access = tokens.access_token; localStorage.setItem(KEY, tokens.refresh_token); tell(); },
  end() { access = null; localStorage.removeItem(KEY); tell(); },
};
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
  return { title: "That did not work.", ...said, status: answer.status, retry_after: Number(answer.headers.get("Retry-After")) || 0 };
}

// Resolves to {data, etag}; rejects with the problem document.
export async function call(method, path, { body, match, text } = {}) {
  const key = method === "POST" ? { "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()) } : {};
  const attempt = () => send(path, {
    method,
    headers: {
      ...(access ? { Authorization: `Bearer ${access}` } : {}),
      ...(body !== undefined ? { "Content-Type": "application/json" } : {}),
      ...(match ? { "If-Match": match } : {}),
      ...key,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  let answer = await attempt();
  if (answer.status === 401 && session.possible && !path.startsWith("auth/") && (await refresh())) answer = await attempt();
  if (!answer.ok) throw await problem(answer);
  return { data: answer.status === 204 ? null : text ? await answer.text() : await answer.json(), etag: answer.headers.get("ETag") };
}

export const api = {
  get: async (path, options) => (await call("GET", path, options)).data,
  post: async (path, body) => (await call("POST", path, { body })).data,
  put: async (path, body) => (await call("PUT", path, { body })).data,
  patch: async (path, body, match = "*") => (await call("PATCH", path, { body, match })).data,
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
