// Signing in and signing up, with whatever is asked for on the way.
import { api, session } from "./api.js";
import { field, form, h } from "./dom.js";
import { passkeys, post } from "./proof.js";
import { leaveFor, providers } from "./social.js";

const card = (...children) => h("div.narrow.card", {}, ...children);
const turn = (from, to) => { from.replaceWith(to); to.querySelector("input, button")?.focus(); };
const go = (text, act) => h("a", { href: "#/", onclick: (event) => { event.preventDefault(); act(); } }, text);
const email = (value = "") => field("E-mail address", "email", { type: "email", autocomplete: "username", value });

export function signIn(known = "") {
  const others = h("div.stack"), status = h("p.small.soft", { role: "status" });
  const element = card(h("h1", {}, "Welcome back"), h("p.soft", {}, "Sign in to go on."),
    form({}, async (data) => {
      try {
        done(await post("auth/sessions", data, (text) => status.replaceChildren(text)), element);
      } catch (problem) {
        if (problem.code !== "address_not_verified") throw problem;
        turn(element, mailSent(data.email, "Confirm your address first", "A mail with a link was sent to you when you made the account."));
      }
    }, email(known), field("Password", "password", { type: "password", autocomplete: "current-password" }),
      h("button.main.full", {}, "Sign in"), status),
    others, h("p"),
    h("p.small.soft", {}, go("Forgotten your password?", () => turn(element, forgotten(element.querySelector("[name=email]").value)))),
    h("p.small.soft", {}, "New here? ", go("Make an account", () => turn(element, signUp()))));
  offer(others, element);
  return element;
}

// A token of a first step asks for the second, tokens are the session.
export function done(answer, element) {
  if (answer.second_factor) turn(element, secondStep(answer.second_factor));
  else session.begin(answer);
}

async function offer(place, element) {
  if (passkeys.possible) place.append(h("button.full", { type: "button", onclick: () => withPasskey(element) }, "Sign in with a passkey"));
  for (const { name, title } of await providers()) place.append(h("button.full", { type: "button", onclick: () => leaveFor(name, "sign-in") }, `Sign in with ${title}`));
}

async function withPasskey(element) {
  const { options } = await api.post("auth/passkey-challenges");
  done(await api.post("auth/sessions/passkey", { passkey: await passkeys.use(options) }), element);
}

function secondStep({ token, methods, passkey }) {
  const finish = async (proof) => session.begin(await api.post("auth/sessions/second-factor", { token, ...proof }));
  const typed = methods.includes("totp") || methods.includes("recovery");
  const element = card(h("h1", {}, "One more step"), h("p.soft", {}, "Your account asks for a second proof that it is you."),
    typed && form({}, ({ code }) => finish({ code: code.trim() }),
      field("Code", "code", { autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false" }),
      h("p.small.soft", {}, methods.includes("totp") ? "Six digits of your authenticator app, or one of your recovery codes." : "One of your recovery codes."),
      h("button.main.full", {}, "Go on")),
    passkey && passkeys.possible && form({}, async () => finish({ passkey: await passkeys.use(passkey) }), h("button.full", {}, "Use a passkey")),
    h("p"), h("p.small.soft", {}, go("Begin again", () => turn(element, signIn()))));
  return element;
}

function signUp() {
  const status = h("p.small.soft", { role: "status" });
  const element = card(h("h1", {}, "Make an account"), h("p.soft", {}, "One account for everything that is switched on here."),
    form({}, async (data) => {
      const tokens = await post("auth/registrations", data, (text) => status.replaceChildren(text));
      if (tokens) session.begin(tokens);
      else turn(element, mailSent(data.email, "Look into your mail", "A link in it makes the account yours: follow it, then sign in."));
    }, field("Name", "name", { autocomplete: "name" }), email(), field("Password", "password", { type: "password", autocomplete: "new-password" }),
      h("button.main.full", {}, "Make the account"), status),
    h("p"), h("p.small.soft", {}, "You have an account? ", go("Sign in", () => turn(element, signIn()))));
  return element;
}

function mailSent(address, title, text) {
  const status = h("p.small.soft", { role: "status" });
  const say = (text_) => status.replaceChildren(text_);
  const element = card(h("h1", {}, title), h("p", {}, text), h("p.soft", {}, address),
    form({}, async () => { await post("auth/verifications", { email: address }, say); say("Sent, if the address waits for one."); }, h("button", {}, "Send another mail"), status),
    h("p"), h("p.small.soft", {}, go("Sign in", () => turn(element, signIn(address)))));
  return element;
}

function forgotten(known) {
  const status = h("p.small.soft", { role: "status" });
  const element = card(h("h1", {}, "Forgotten your password?"), h("p.soft", {}, "You get a mail with a link that sets a new one."),
    form({}, async (data) => {
      await post("auth/password-resets", data, (text) => status.replaceChildren(text));
      status.replaceChildren("If there is such an account, a mail is on its way. Its link works for an hour.");
    }, email(known), h("button.main.full", {}, "Send the mail"), status),
    h("p"), h("p.small.soft", {}, go("Back", () => turn(element, signIn()))));
  return element;
}
