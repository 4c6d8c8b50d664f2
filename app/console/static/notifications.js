// What happened meanwhile, and what somebody wants to hear of.
import { onNews } from "./badge.js";
import { listing } from "./listing.js";

const CHANNELS = ["app", "push", "mail", "sms", "webhook"];

export async function notifications(element, context) {
  const { api, h, toast } = context;
  let newest = 0;
  const list = listing((item) => { newest = Math.max(newest, item.position); return line(item, context, show); }, "Nothing has happened.");
  const show = () => list.show("notifications/notifications");
  async function readAll() { await api.post("notifications/readings", { until: newest }); await show(); }
  const preferences = h("section.card");
  element.append(h("div.row.spread", {}, h("h1", {}, "Notifications"), h("button", { onclick: readAll }, "Mark all as read")), list.element, h("p"), preferences);
  await Promise.all([show(), choices(preferences, context)]);
  return onNews(show);
}

function line(item, { api, h, when }, show) {
  const path = `notifications/notifications/${item.id}/reading`;
  const mark = async () => { await (item.read_at ? api.delete(path) : api.put(path)); await show(); };
  return h("li.row.spread", {}, h("div.grow", {}, h("b", {}, item.link ? h("a", { href: item.link }, item.title) : item.title), !item.read_at && h("span.tag", {}, "new"),
    item.body && h("div.small", {}, item.body), h("div.small.soft", {}, when(item.updated_at))),
    h("button", { onclick: mark }, item.read_at ? "Mark as unread" : "Mark as read"));
}

async function choices(place, { api, h, toast }) {
  const kinds = (await api.get("notifications/preferences")).items;
  const box = (kind, channel) => h("label", {}, h("input", { type: "checkbox", checked: kind.channels[channel], onchange: async (event) => {
    await api.patch(`notifications/preferences/${kind.kind}`, { [channel]: event.target.checked }, null);
    toast("Noted.");
  } }), h("span", {}, channel));
  place.replaceChildren(h("h2", {}, "What you hear of, and how"), ...(kinds.length ? kinds.map((kind) => h("fieldset", {}, h("legend", {}, kind.summary), h("div.row", {}, CHANNELS.map((channel) => box(kind, channel))))) : [h("p.soft", {}, "Nothing here tells anybody anything yet.")]));
}
