// A list that is read page by page: `show(path)` begins anew.
import { api } from "./api.js";
import { h } from "./dom.js";

export function listing(row, empty) {
  const list = h("ul.list.card"), more = h("button", { hidden: true }, "Show more");
  const element = h("div", {}, list, more);
  async function read(path, cursor) {
    const page = await api.get(`${path}${path.includes("?") ? "&" : "?"}limit=30${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    if (!cursor) list.replaceChildren();
    list.append(...page.items.map(row));
    if (!list.children.length) list.append(h("li.empty", {}, empty));
    more.hidden = !page.next_cursor;
    more.onclick = () => read(path, page.next_cursor);
  }
  return { element, show: (path) => read(path, null) };
}

// What is filled in of a form, as a query.
export const query = (data) => new URLSearchParams(Object.entries(data).filter(([, value]) => value)).toString();
