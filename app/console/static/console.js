// The console: who is signed in, which page is shown. Pages export mount(element, context) and return a function that leaves.
import { api, backoff, refresh, session } from "./api.js";
import { form, field, h, toast, when } from "./dom.js";
import { realtime } from "./realtime.js";
import { account, overview, sessions, tokens } from "./pages.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const context = { api, backoff, realtime, session, h, form, field, toast, when, navigate, me: null, meta: null };
const own = { "": ["Overview", overview], sessions: ["Sessions", sessions], tokens: ["Tokens", tokens], account: ["Account", account] };
let leave = null;
let turn = 0;

function start() {
  applyTheme(localStorage.getItem("z2h.theme"));
  session.onchange(show);
  window.addEventListener("hashchange", () => (isPage(location.hash) ? show() : main.focus()));
  window.addEventListener("unhandledrejection", (event) => {
    if (!event.reason?.title) return;
    event.preventDefault();
    if (event.reason.status !== 401) toast(said(event.reason));
  });
  // Followed, the link would take the page's place in the address.
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
  header();
  show();
}

const isPage = (hash) => hash === "" || hash.startsWith("#/");
const said = (problem) => problem.detail || problem.title || "This page could not be shown.";

function navigate(path) {
  if (location.hash === `#/${path}`) show();
  else location.hash = `#/${path}`;
}

// Each call is a turn; one that finds itself overtaken after a wait leaves what it has begun.
async function show() {
  const mine = ++turn;
  leave?.();
  leave = null;
  try {
    if (!session.token && session.possible) await refresh();
    if (mine === turn) await (session.token ? showPage(mine) : showSignIn());
  } catch (problem) {
    if (mine === turn) showProblem(problem);
    if (!problem.title) throw problem;
  }
}

function showSignIn() {
  if (context.me) toast("You have been signed out.");
  realtime.stop();
  context.me = null;
  header();
  document.title = "Zero2Hero";
  main.replaceChildren(signIn());
  main.querySelector("input").focus();
}

async function showPage(mine) {
  const [path, ...rest] = (isPage(location.hash) ? location.hash : "").replace(/^#\//, "").split("/");
  const [meta, me] = await Promise.all([context.meta || api.get("meta"), context.me || api.get("accounts/me")]);
  if (mine !== turn) return;
  Object.assign(context, { meta, me });
  header(path);
  const page = meta.pages.find((each) => each.path === path);
  document.title = `${own[path]?.[0] || page?.title || "Overview"} · Zero2Hero`;
  const mount = own[path]?.[1] || (page ? await load(page.module) : overview);
  if (mine !== turn) return;
  const element = h("div");
  main.replaceChildren(element);
  const done = await mount(element, { ...context, path: rest });
  if (mine === turn) leave = done;
  else done?.();
}

// Browsers remember that a module could not be fetched: only a new page asks again.
const load = (module) => import(module).then((found) => found.mount, (error) => {
  console.warn(error);
  throw { title: "The page could not be loaded. Are you online?", again: () => location.reload() };
});

function showProblem(problem) {
  main.replaceChildren(h("div.card.empty", { role: "alert" }, h("h1", {}, "That did not work"), h("p", {}, said(problem)),
    h("button.main", { onclick: problem.again || show }, "Try again")));
}

function header(current) {
  const links = context.me ? [["", "Overview"], ...context.meta.pages.map((page) => [page.path, page.title]), ...Object.entries(own).slice(1).map(([path, [title]]) => [path, title])] : [];
  const hadFocus = nav.contains(document.activeElement);
  nav.replaceChildren(...links.map(([path, title]) => h("a", { href: `#/${path}`, "aria-current": path === current ? "page" : null }, title)));
  const here = nav.querySelector("[aria-current]");
  here?.scrollIntoView({ block: "nearest", inline: "center" });
  if (hadFocus) here?.focus();
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
  // Before the server tells our socket what we know.
  realtime.stop();
  await api.delete("auth/sessions/current").catch(() => null);
  context.me = null;
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
