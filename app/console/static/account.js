// Name, address, password; taking one's data along, and leaving.
import { post } from "./proof.js";

export async function account(element, context) {
  const { api, h, me, toast, when } = context;
  if (me.deletion_at) return leaving(element, context);
  const data = h("section.card");
  element.append(h("h1", {}, "Account"), h("p.soft", {}, `${me.email} `, me.verified_at ? h("span.tag", {}, "confirmed") : h("span.tag.warn", {}, "not confirmed")),
    h("div.grid", {}, name(context), address(context), password(context), data, leave(context)));
  await exports_(data, context);
}

function name({ api, form, field, h, me, toast }) {
  return h("section.card", {}, h("h2", {}, "Name"), form({}, async (data) => { Object.assign(me, await api.patch("accounts/me", data, `"${me.version}"`)); toast("Saved."); },
    field("Name", "name", { value: me.name, autocomplete: "name" }), h("button.main", {}, "Save")));
}

function address({ api, form, field, h, me }) {
  const status = h("p.small.soft", { role: "status" }), say = (text) => status.replaceChildren(text);
  return h("section.card", {}, h("h2", {}, "Address"),
    !me.verified_at && form({}, async () => { await post("auth/verifications", { email: me.email }, say); say(`Sent to ${me.email}: follow the link in it.`); },
      h("p.small", {}, "This address is not confirmed yet."), h("button", {}, "Send the mail again")),
    form({}, async (data, own) => { await api.post("accounts/me/address-changes", data); own.reset(); say(`Follow the link in the mail to ${data.email}: until then nothing changes.`); },
      field("New address", "email", { type: "email", autocomplete: "email" }), field("Your password", "password", { type: "password", autocomplete: "current-password" }),
      h("button.main", {}, "Change the address")), status);
}

function password({ api, form, field, h, toast }) {
  return h("section.card", {}, h("h2", {}, "Password"), form({}, async (data, own) => { await api.put("accounts/me/password", data); own.reset(); toast("Changed. Your other sessions have ended."); },
    field("Present password", "current_password", { type: "password", autocomplete: "current-password" }), field("New password", "new_password", { type: "password", autocomplete: "new-password" }),
    h("button.main", {}, "Change it")), h("p.small.soft", {}, h("a", { href: "#/security" }, "Second factors and passkeys")));
}

const STATES = { pending: "being put together", too_large: "more than one archive can hold", failed: "could not be made" };

async function exports_(place, { api, h, toast, when }) {
  async function show() {
    const items = await api.all("accounts/me/exports");
    place.replaceChildren(h("h2", {}, "Your data"), h("p.soft.small", {}, "Everything we know of you, as an archive. It is kept for a week."),
      h("ul.list", {}, items.map((item) => h("li.row.spread", {}, h("div.grow", {}, when(item.created_at), h("div.small.soft", {}, item.state === "ready" ? `${Math.ceil(item.size / 1024)} KiB · until ${when(item.expires_at)}` : STATES[item.state])),
        item.state === "ready" && h("button", { onclick: () => api.download(`accounts/me/exports/${item.id}/archive`, "your-data.zip") }, "Download")))),
      h("div.row", {}, h("button.main", { onclick: request }, "Put an archive together"), items.some((item) => item.state === "pending") && h("button", { onclick: show }, "Look again")));
  }
  async function request() { await api.post("accounts/me/exports"); toast("You get a mail when it is ready."); await show(); }
  await show();
}

function leave({ api, form, field, h, session }) {
  return h("section.card", {}, h("h2", {}, "Leave"), h("details", {}, h("summary", {}, "Delete everything"), h("p.soft.small", {}, "You are signed out everywhere. For some days you can sign in to take it back; then everything is gone."),
    form({}, async ({ password }) => {
      await api.post("accounts/me/deletion", password ? { password } : {});
      session.end();
    }, field("Password to confirm it", "password", { type: "password", autocomplete: "current-password" }), h("button.danger", {}, "Delete it"))));
}

function leaving(element, { api, h, me, when, session, toast }) {
  async function stay() {
    await api.delete("accounts/me/deletion");
    toast("Everything is as it was.");
    location.assign("/");
  }
  element.append(h("h1", {}, "You are leaving"), h("div.card", {}, h("p", {}, `Your account and everything in it will be deleted on ${when(me.deletion_at)}.`), h("button.main", { onclick: stay }, "Stay after all")));
}
