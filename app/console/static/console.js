// The console: who is signed in, which page is shown. Pages export mount(element, context) and return a function that leaves.
import { api, refresh, session } from "./api.js";
import { form, field, h, toast, when } from "./dom.js";
import { realtime } from "./realtime.js";
import { account, overview, sessions, tokens } from "./pages.js";

const main = document.getElementById("main");
const context = { api, realtime, session, h, form, field, toast, when, navigate: (path) => (location.hash = `#/${path}`), me: null, meta: null };
const own = { "": ["Overview", overview], sessions: ["Sessions", sessions], tokens: ["Tokens", tokens], account: ["Account", account] };
let leave = null;

async function start() {
  applyTheme(localStorage.getItem("z2h.theme"));
  context.meta = await api.get("meta");
  if (session.possible) await refresh();
  session.onchange(show);
  window.addEventListener("hashchange", show);
  await show();
}

async function show() {
  leave?.();
  leave = null;
  if (!session.token) {
    realtime.stop();
    context.me = null;
    header();
    main.replaceChildren(signIn());
    main.querySelector("input")?.focus();
    return;
  }
  try {
    context.me ||= await api.get("accounts/me");
  } catch {
    return;
  }
  const [path, ...rest] = location.hash.replace(/^#\//, "").split("/");
  header(path);
  const page = context.meta.pages.find((each) => each.path === path);
  const mount = own[path]?.[1] || (page ? (await import(page.module)).mount : overview);
  const element = h("div");
  main.replaceChildren(element);
  document.title = `${own[path]?.[0] || page?.title || "Overview"} · Zero2Hero`;
  leave = await mount(element, { ...context, path: rest });
}

function header(current) {
  const links = context.me ? [["", "Overview"], ...context.meta.pages.map((page) => [page.path, page.title]), ...Object.entries(own).slice(1).map(([path, [title]]) => [path, title])] : [];
  document.getElementById("nav").replaceChildren(...links.map(([path, title]) => h("a", { href: `#/${path}`, "aria-current": path === current ? "page" : null }, title)));
  document.getElementById("who").replaceChildren(
    h("button.plain", { onclick: toggleTheme, "aria-label": "Light or dark" }, "◐"),
    ...(context.me ? [h("span.hide-narrow", {}, context.me.name), h("button.plain", { onclick: signOut }, "Sign out")] : []),
  );
}

function signIn(registering = false) {
  const element = h("div.narrow.card");
  const switchTo = (what) => h("p.small.soft", {}, what ? "New here? " : "You have an account? ", h("a", { href: "#/", onclick: (event) => { event.preventDefault(); element.replaceWith(signIn(what)); } }, what ? "Make an account" : "Sign in"));
  element.append(
    h("h1", {}, registering ? "Make an account" : "Welcome back"),
    h("p.soft", {}, registering ? "One account for everything that is switched on here." : "Sign in to go on."),
    form({}, async (data) => session.begin(await api.post(registering ? "auth/registrations" : "auth/sessions", data)),
      registering && field("Name", "name", { autocomplete: "name" }),
      field("E-mail address", "email", { type: "email", autocomplete: "username" }),
      field("Password", "password", { type: "password", autocomplete: registering ? "new-password" : "current-password" }),
      h("button.main.full", {}, registering ? "Make the account" : "Sign in")),
    h("p"), switchTo(!registering));
  return element;
}

async function signOut() {
  await api.delete("auth/sessions/current").catch(() => null);
  session.end();
}

function toggleTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  applyTheme(dark ? "light" : "dark");
}

function applyTheme(theme) {
  if (!theme) return;
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("z2h.theme", theme);
}

start();
