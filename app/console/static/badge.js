// How many notifications are unread, live, in the navigation.
import { api } from "./api.js";
import { h } from "./dom.js";
import { realtime } from "./realtime.js";

const element = h("span.badge", { hidden: true });
const watchers = new Set();
let whose = null;
let leave = null;

export function badge({ me }) {
  if (whose?.id !== me.id) {
    leave?.();
    whose = me;
    look();
  }
  return element;
}

export const onNews = (watcher) => { watchers.add(watcher); return () => watchers.delete(watcher); };

async function look(subscribing = true) {
  const mine = whose;
  const { unread, sequence } = await api.get("notifications/summary").catch(() => ({}));
  if (mine !== whose || unread === undefined) return;
  element.hidden = !unread;
  element.replaceChildren(String(unread), h("span.unseen", {}, " unread"));
  if (subscribing) leave = realtime.subscribe("notifications.account", mine.id, sequence, news, () => look());
}

function news() {
  look(false);
  watchers.forEach((watcher) => watcher());
}

export const forget = () => { leave?.(); whose = leave = null; };
