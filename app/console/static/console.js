// The console: who is signed in, which page is shown. Pages export mount(element, context) and return a function that leaves.
import { api, backoff, refresh, session } from "./api.js";
import { form, field, h, toast, when } from "./dom.js";
import { realtime } from "./realtime.js";
import { account } from "./account.js";
import { audit, mine } from "./audit.js";
import { banner } from "./banner.js";
import { linked } from "./links.js";
import { notifications } from "./notifications.js";
import { badge, forget } from "./badge.js";
import { outbox } from "./outbox.js";
import { overview, sessions, tokens } from "./pages.js";
import { people } from "./people.js";
import { prove } from "./prove.js";
import { security } from "./security.js";
import { signIn } from "./signin.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const context = { api, backoff, realtime, session, h, form, field, toast, when, navigate, renew, me: null, meta: null };
// Path: title, module, and the permission without which it is not in the navigation; null: it never is.
const own = {
  "": ["Overview", overview],
  notifications: ["Notifications", notifications, "notifications.read"],
  sessions: ["Sessions", sessions],
  tokens: ["Tokens", tokens],
  security: ["Security", security],
  activity: ["Activity", mine, null],
  account: ["Account", account],
  people: ["People", people, "accounts.read_all"],
  audit: ["Audit", audit, "audit.read"],
  outbox: ["Mail", outbox, "notifications.read_outbox"],
};
let acting = session.acting;
let leave = null;
let turn = 0;
let shown = null;

function start() {
  applyTheme(localStorage.getItem("z2h.theme"));
  session.onchange(changed);
  api.prove = askToProve;
  window.addEventListener("hashchange", () => (isPage(location.hash) ? show() : main.focus()));
  window.addEventListener("unhandledrejection", (event) => {
    if (!event.reason?.title) return;
    event.preventDefault();
    if (event.reason.status !== 401 && !event.reason.quiet) toast(said(event.reason));
  });
  // Followed, the link would take the page's place in the address.
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
  header();
  show();
}

const isPage = (hash) => hash === "" || hash.startsWith("#/");
const said = (problem) => problem.detail || problem.title || "This page could not be shown.";

// Somebody else sits here from now on, if only for a quarter of an hour.
function changed() {
  if (session.acting !== acting) {
    acting = session.acting;
    realtime.stop();
    forget();
    renew();
    if (location.hash !== "#/" && location.hash !== "") return void (location.hash = "#/");
  }
  show();
}

// Where a second factor is missing, to where there are some to be had.
async function askToProve(needsFactor) {
  const held = await api.get("accounts/me/second-factors");
  if (needsFactor && !held.totp && !held.passkeys) {
    navigate("security");
    return false;
  }
  if (!(await prove(held, needsFactor))) return false;
  context.me = null;
  return true;
}

// What is known of the person is read again when the next page is shown.
function renew() {
  context.me = context.held = null;
}

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
    const page = linked(location.hash);
    if (page) {
      context.me = null;
      header();
      main.replaceChildren(page);
      return page.querySelector("input, button")?.focus();
    }
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
  forget();
  renew();
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
  if (me.deletion_at && path !== "account") return navigate("account");
  if (me.roles.length > 1 && path !== "security" && !session.acting && !me.deletion_at && (await mustEnrol())) return navigate("security");
  if (mine !== turn) return;
  header(path);
  const page = meta.pages.find((each) => each.path === path);
  document.title = `${own[path]?.[0] || page?.title || "Overview"} · Zero2Hero`;
  const mount = own[path]?.[1] || (page ? await load(page.module) : overview);
  if (mine !== turn) return;
  const element = h("div");
  main.replaceChildren(element);
  if (path !== shown) scrollTo(0, 0);
  shown = path;
  const done = await mount(element, { ...context, path: rest });
  if (mine === turn) leave = done;
  else done?.();
}

// Whether the role asks for a second factor that is not there yet.
async function mustEnrol() {
  context.held ||= await api.get("accounts/me/second-factors");
  const { required, totp, passkeys } = context.held;
  if (required && !totp && !passkeys) context.held = null;
  return required && !totp && !passkeys;
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
  const mine = context.me ? Object.entries(own).filter(([, [, , needed]]) => needed === undefined || context.me.permissions.includes(needed)).map(([path, [title]]) => [path, title]) : [];
  const links = !context.me ? [] : context.me.deletion_at ? [["account", "Account"]] : [mine[0], ...context.meta.pages.map((page) => [page.path, page.title]), ...mine.slice(1)];
  banner(document.getElementById("banner"), context);
  const hadFocus = nav.contains(document.activeElement);
  nav.replaceChildren(...links.map(([path, title]) => h("a", { href: `#/${path}`, "aria-current": path === current ? "page" : null }, title, path === "notifications" && badge(context))));
  const here = nav.querySelector("[aria-current]");
  here?.scrollIntoView({ block: "nearest", inline: "center" });
  if (hadFocus) here?.focus();
  document.getElementById("who").replaceChildren(
    h("button.plain", { onclick: toggleTheme, "aria-label": "Light or dark" }, "◐"),
    ...(context.me ? [h("span.hide-narrow", {}, context.me.name), !session.acting && h("button.plain", { onclick: signOut }, "Sign out")].filter(Boolean) : []),
  );
}

async function signOut() {
  // Before the server tells our socket what we know.
  realtime.stop();
  await api.delete("auth/sessions/current").catch(() => null);
  renew();
  history.replaceState(null, "", "#/");
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
