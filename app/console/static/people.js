// Other people's accounts, for who may see them.
import { listing, query } from "./listing.js";

const ROLES = ["user", "staff", "admin"];

export async function people(element, context) {
  const { field, form, h, path } = context;
  const list = listing((item) => person(item, context, again), "Nobody like that.");
  const again = () => list.show(`accounts/users?${query(Object.fromEntries(new FormData(search)))}`);
  const choice = (title, name, options) => h("label", {}, title, h("select", { name }, options.map(([value, text]) => h("option", { value }, text))));
  const search = form({}, again, h("div.filters", {}, field("Name or address", "q", { type: "search" }),
    choice("Role", "role", [["", "any"], ...ROLES.map((role) => [role, role])]), choice("State", "disabled", [["", "any"], ["false", "not disabled"], ["true", "disabled"]])), h("button.main", {}, "Find"));
  element.append(h("h1", {}, "People"), h("p.soft", {}, "Everybody with an account."), h("section.card", {}, search), h("p"), list.element);
  await again();
}

function person(item, { api, form, field, h, me, session, toast, when }, again) {
  const may = (permission) => me.permissions.includes(permission) && item.id !== me.id;
  const at = `accounts/users/${item.id}`;
  const act = (text, work) => async () => { await work(); toast(text); await again(); };
  async function impersonate() { session.act((await api.post(`${at}/impersonation`)).access_token); }
  async function roles(_data, own) {
    const chosen = [...own.querySelectorAll(":checked")].map((box) => box.value);
    await api.patch(at, { roles: chosen }, `"${item.version}"`);
    toast("Changed.");
    await again();
  }
  return h("li", {}, h("b", {}, item.name), item.roles.filter((role) => role !== "user").map((role) => h("span.tag", {}, role)), item.disabled_at && h("span.tag.warn", {}, "disabled"), item.deletion_at && h("span.tag.warn", {}, "leaving"),
    h("div.small.soft", {}, `${item.email} · since ${when(item.created_at)}`),
    h("details", {}, h("summary.small", { "aria-label": `Manage ${item.name}` }, "Manage"),
      may("accounts.manage") && form({}, roles, h("fieldset", {}, h("legend", {}, "Roles"), ROLES.map((role) => h("label", {}, h("input", { type: "checkbox", value: role, checked: item.roles.includes(role) }), h("span", {}, role)))), h("button", {}, "Set the roles")),
      may("accounts.manage") && (item.disabled_at
        ? h("button", { onclick: act("They can sign in again.", () => api.delete(`${at}/disablement`)) }, "Let in again")
        : form({}, async ({ reason }) => act("They are kept out.", () => api.post(`${at}/disablement`, { reason }))(), field("Reason, which the person can read", "reason", { maxlength: 200 }), h("button.danger", {}, "Disable"))),
      h("p"), h("div.row", {},
        may("accounts.manage") && h("button", { onclick: act("Signed out.", () => api.post(`${at}/sign-out`)) }, "Sign out everywhere"),
        may("accounts.manage") && h("button", { onclick: act("The mail is on its way.", () => api.post(`${at}/password-reset`)) }, "Mail a password reset"),
        may("accounts.impersonate") && h("button", { onclick: impersonate }, "Act in their place"),
        me.permissions.includes("audit.read") && h("a", { href: `#/audit/${item.id}` }, "Their audit entries"))));
}
