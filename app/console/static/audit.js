// What happened: mine, and everybody's.
import { listing, query } from "./listing.js";

const moment = (text) => (text ? new Date(text).toISOString() : "");
const sentence = (action) => action.replace(".", ": ").replaceAll("_", " ");

const entry = ({ h, when }, more) => (item) => h("li", {}, h("b", {}, sentence(item.action)), h("div.small.soft", {}, [when(item.at), item.address, item.user_agent].filter(Boolean).join(" · ")),
  more && h("div.small.soft", {}, `account ${item.account_id || "—"} · by ${item.actor_id || "the service"}`),
  item.details && Object.keys(item.details).length > 0 && h("div.small.soft", {}, JSON.stringify(item.details)));

export async function mine(element, context) {
  const { h } = context;
  const list = listing(entry(context), "Nothing yet.");
  element.append(h("h1", {}, "Activity"), h("p.soft", {}, "What you did, and what was done to your account."), list.element);
  await list.show("audit/mine");
}

export async function audit(element, context) {
  const { api, field, form, h, path } = context;
  const list = listing(entry(context, true), "No such entries.");
  const wanted = () => {
    const data = Object.fromEntries(new FormData(filters));
    return query({ ...data, after: moment(data.after), before: moment(data.before) });
  };
  const filters = form({}, () => list.show(`audit/entries?${wanted()}`), h("div.filters", {},
    field("Action", "action", { placeholder: "auth.signed_in" }), field("Account id", "account_id", { value: path[0] || "" }), field("Actor id", "actor_id"),
    field("After", "after", { type: "datetime-local" }), field("Before", "before", { type: "datetime-local" })),
    h("div.row", {}, h("button.main", {}, "Find"), h("button", { type: "button", onclick: () => api.download(`audit/entries/export?${wanted()}`, "audit.ndjson") }, "Download these")));
  element.append(h("h1", {}, "Audit"), h("p.soft", {}, "Who did what."), h("section.card", {}, filters), h("p"), list.element);
  await list.show(`audit/entries?${wanted()}`);
}
