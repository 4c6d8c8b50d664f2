// Where the links in mails lead, and where other services send people back to. They work signed in or not.
import { api, refresh, session } from "./api.js";
import { field, form, h } from "./dom.js";
import { done } from "./signin.js";
import { comeBack } from "./social.js";

const ACTS = { verify, change, undo, reset };

// The page for this address, or null: it is none of these.
export function linked(hash) {
  const back = /^#\/signing-in(?:\?(.*))?$/.exec(hash);
  if (back) return returned(back[1] || "");
  const [, act, token] = /^#\/(verify|change|undo|reset)\/([^/]+)$/.exec(hash) || [];
  return act ? ACTS[act](token) : null;
}

const card = (title, ...children) => h("div.narrow.card", {}, h("h1", {}, title), ...children);
const onwards = (text = "Go on", path = "") => h("p", {}, h("a", { href: `#/${path}` }, text));
const said = (problem) => h("div.alert", { role: "alert" }, problem.detail || problem.title);

function verify(token) {
  return confirm("Confirm your address", "Is this address yours, and the account that was made with it?", "Confirm it", "auth/verifications/confirmation", token, "Your address is confirmed.");
}

function change(token) {
  return confirm("Confirm your new address", "From then on you sign in with it.", "Confirm it", "auth/address-changes/confirmation", token, "This is your address now.");
}

function undo(token) {
  return confirm("Take your old address back", "Every device is signed out, the password is void, and a mail with a link to set a new one is sent to your old address.", "Take it back",
    "auth/address-changes/reversal", token, "You have your old address again. Look into your mail.");
}

function confirm(title, text, button, path, token, after) {
  const element = card(title, h("p.soft", {}, text), form({}, async () => {
    await api.post(path, { token });
    element.replaceChildren(h("h1", {}, "Done"), h("p", { role: "status" }, after), onwards());
  }, h("button.main.full", {}, button)));
  return element;
}

function reset(token) {
  const element = card("Set a new password", h("p.soft", {}, "Every device is then signed out."), form({}, async ({ password }) => {
    await api.post("auth/password-resets/confirmation", { token, password });
    element.replaceChildren(h("h1", {}, "Done"), h("p", { role: "status" }, "Your new password is set. Sign in with it."), onwards("Sign in"));
    if (session.possible) session.end();
  }, field("New password", "password", { type: "password", autocomplete: "new-password" }), h("button.main.full", {}, "Set it")));
  return element;
}

function returned(query) {
  const element = card("Signing in…", h("p.soft", { role: "status" }, "One moment."));
  // Codes do not stay in the address or the history.
  history.replaceState(null, "", "#/signing-in");
  finish(query, element);
  return element;
}

async function finish(query, element) {
  try {
    if (!session.token && session.possible) await refresh();
    const { act, back, answer } = await comeBack(query);
    if (act === "sign-in") {
      history.replaceState(null, "", "#/");
      done(answer, element);
    } else {
      location.hash = `#/${back || "security"}`;
    }
  } catch (problem) {
    if (!problem.title) throw problem;
    element.replaceChildren(h("h1", {}, "That did not work"), said(problem), onwards("Back", problem.back || ""));
  }
}
