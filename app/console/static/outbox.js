// Mail that was sent, or would have been if there was a mail server.
import { listing, query } from "./listing.js";

export async function outbox(element, context) {
  const { field, form, h } = context;
  const list = listing((item) => mail(item, context), "No mail.");
  const find = form({}, (data) => list.show(`notifications/outbox?${query(data)}`), field("To", "recipient", { type: "email" }), h("button.main", {}, "Find"));
  element.append(h("h1", {}, "Mail"), h("p.soft", {}, "What was sent. Without a mail server it stays here, to be read."), h("section.card", {}, find), h("p"), list.element);
  await list.show("notifications/outbox");
}

const mail = (item, { h, when }) => h("li", {}, h("details", {},
  h("summary", {}, item.subject, " ", h("span.tag", {}, item.state)),
  h("p.mail", {}, linked(item.text, h))),
  h("div.small.soft", {}, `${item.recipient} · ${when(item.created_at)}${item.error ? ` · ${item.error}` : ""}`));

const linked = (text, h) => text.split(/(https?:\/\/\S+)/).map((part, index) => (index % 2 ? h("a", { href: part }, part) : part));
