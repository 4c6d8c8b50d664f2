// The API as functions. The access token lives in memory only; the refresh token rotates in localStorage, where all
// tabs share it, and a lock lets one tab refresh at a time.
const KEY = "z2h.refresh";
let access = null;
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

export async function refresh() {
  return navigator.locks.request("z2h.refresh", async () => {
    const token = localStorage.getItem(KEY);
    if (!token) return false;
    const answer = await fetch("/api/v1/auth/refreshes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: token }) });
    if (answer.status === 201) {
      const tokens = await answer.json();
      access = tokens.access_token;
      localStorage.setItem(KEY, tokens.refresh_token);
      return true;
    }
    if (answer.status === 401) session.end();
    return false;
  });
}

// Resolves to {data, etag}; rejects with the problem document.
export async function call(method, path, { body, match, text } = {}) {
  const key = method === "POST" ? { "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()) } : {};
  const send = () => fetch(`/api/v1/${path}`, {
    method,
    headers: {
      ...(access ? { Authorization: `Bearer ${access}` } : {}),
      ...(body !== undefined ? { "Content-Type": "application/json" } : {}),
      ...(match ? { "If-Match": match } : {}),
      ...key,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  let answer = await send().catch(() => { throw { title: "The service cannot be reached. Are you online?", status: 0 }; });
  if (answer.status === 401 && session.possible && !path.startsWith("auth/") && (await refresh())) answer = await send();
  if (!answer.ok) throw await answer.json().catch(() => ({ title: "That did not work.", status: answer.status }));
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
