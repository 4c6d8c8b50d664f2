// How somebody signs in: authenticator app, recovery codes, passkeys, other services.
import { passkeys as browser } from "./proof.js";
import { leaveFor, providers } from "./social.js";

export async function security(element, context) {
  const { api, h, toast } = context;
  const shown = h("div", { "aria-live": "polite" }), alert = h("div"), factors = h("div"), passkeys = h("div"), identities = h("div");
  const parts = { ...context, shown, show };

  async function show() {
    context.renew();
    const [held, keys, linked, known] = await Promise.all([api.get("accounts/me/second-factors"), api.all("accounts/me/passkeys"), api.all("accounts/me/identities"), providers()]);
    alert.replaceChildren(...(held.required && !held.totp && !held.passkeys ? [h("div.alert", { role: "alert" }, "Your role needs a second factor. Set up an authenticator app or a passkey here to go on.")] : []));
    factors.replaceChildren(authenticator(parts, held));
    passkeys.replaceChildren(keysOf(parts, keys));
    identities.replaceChildren(...(known.length || linked.length ? [others(parts, linked, known)] : []));
  }

  element.append(h("h1", {}, "Security"), h("p.soft", {}, "How you sign in. ", h("a", { href: "#/activity" }, "See what has happened")), alert, shown, h("div.grid", {}, factors, passkeys, identities));
  await show();
}

function authenticator(parts, held) {
  const { api, h, form, field, toast, shown, show } = parts;
  const place = h("div");
  async function begin() {
    const { secret, uri } = await api.post("accounts/me/totp");
    place.replaceChildren(h("p", {}, "Type this key into your app, or ", h("a", { href: uri }, "open it there"), ":"), h("p.secret", { id: "totp-secret" }, secret),
      form({}, async ({ code }) => {
        const { recovery_codes } = await api.post("accounts/me/totp/confirmation", { code: code.trim() });
        toast("Your authenticator app counts from now on.");
        if (recovery_codes.length) showCodes(parts, recovery_codes);
        await show();
      }, field("First code of the app", "code", { inputmode: "numeric", autocomplete: "one-time-code" }), h("button.main", {}, "Confirm")));
    place.querySelector("input").focus();
  }
  async function stop() {
    await api.delete("accounts/me/totp");
    toast("The app counts no longer.");
    shown.replaceChildren();
    await show();
  }
  async function renew() { showCodes(parts, (await api.post("accounts/me/recovery-codes")).recovery_codes); await show(); }
  place.append(held.totp
    ? h("div.row", {}, h("span.tag", {}, "on"), h("button.danger", { onclick: stop }, "Turn it off"))
    : h("button.main", { onclick: begin }, "Set it up"));
  return h("section.card", {}, h("h2", {}, "Authenticator app"), h("p.soft.small", {}, "Six digits that change every half minute, asked for when you sign in."), place,
    (held.totp || held.passkeys > 0) && h("div", {}, h("p"), h("h2", {}, "Recovery codes"), h("p.small.soft", {}, `${held.recovery_codes} left. Each opens your account once, without the app or a passkey.`),
      h("button", { onclick: renew }, "Make new ones")));
}

function showCodes({ h, shown }, codes) {
  shown.replaceChildren(h("section.card", {}, h("h2", {}, "Your recovery codes: they are not shown again"), h("p.soft.small", {}, "Print them, or put them where you keep your passwords."),
    h("p.secret.codes", { id: "recovery-codes" }, codes.map((code) => h("span", {}, code))), h("button", { onclick: () => shown.replaceChildren() }, "I have them")));
  shown.scrollIntoView({ block: "nearest" });
}

function keysOf({ api, h, form, field, toast, when, show }, items) {
  async function add({ name }) {
    const { options } = await api.post("accounts/me/passkey-challenges");
    await api.post("accounts/me/passkeys", { name, credential: await browser.make(options) });
    toast("Your passkey is ready.");
    await show();
  }
  async function remove(item) { await api.delete(`accounts/me/passkeys/${item.id}`); toast("Removed."); await show(); }
  const line = (item) => h("li", {}, h("b", {}, item.name), h("div.small.soft", {}, `since ${when(item.created_at)} · ${item.last_used_at ? `used ${when(item.last_used_at)}` : "never used"}`),
    h("details", {}, h("summary.small", {}, "Change"), form({}, async ({ name }) => { await api.patch(`accounts/me/passkeys/${item.id}`, { name }, `"${item.version}"`); await show(); },
      field("New name", "name", { value: item.name, maxlength: 100 }), h("div.row", {}, h("button", {}, "Rename"), h("button.danger", { type: "button", onclick: () => remove(item) }, "Remove")))));
  return h("section.card", {}, h("h2", {}, "Passkeys"), h("p.soft.small", {}, "Sign in with your device's lock or a security key."),
    items.length > 0 && h("ul.list", {}, items.map(line)),
    browser.possible ? form({}, add, field("Name of the passkey", "name", { value: "This device", maxlength: 100 }), h("button.main", {}, "Add a passkey")) : h("p.small", {}, "This browser, or this address, cannot hold passkeys."));
}

function others({ api, h, toast, when, show }, linked, known) {
  const title = (name) => known.find((each) => each.name === name)?.title || name;
  async function unlink(item) { await api.delete(`accounts/me/identities/${item.id}`); toast("Unlinked."); await show(); }
  return h("section.card", {}, h("h2", {}, "Other services"), h("ul.list", {},
    linked.map((item) => h("li.row.spread", {}, h("div.grow", {}, h("b", {}, title(item.provider)), h("div.small.soft", {}, `${item.email || ""} · since ${when(item.linked_at)}`)), h("button.danger", { onclick: () => unlink(item) }, "Unlink"))),
    known.filter(({ name }) => !linked.some((item) => item.provider === name)).map(({ name, title: shown }) =>
      h("li.row.spread", {}, h("span", {}, shown), h("button", { onclick: () => leaveFor(name, "link") }, "Link")))));
}
