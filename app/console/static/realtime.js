// Resumable streams: after a reconnection each subscription goes on where it was.
import { io } from "/console/static/vendor/socket.io.esm.min.js";
import { refresh, session } from "./api.js";

let socket = null;
const subscriptions = new Map();
const watchers = new Set();

function connect() {
  if (socket) return socket;
  socket = io({ transports: ["websocket"], auth: (give) => give({ token: session.token }) });
  socket.on("connect", () => { tell(true); subscriptions.forEach(subscribe); });
  socket.on("disconnect", () => tell(false));
  socket.on("connect_error", async () => { tell(false); await refresh(); });
  socket.on("change", (change) => {
    const found = subscriptions.get(`${change.stream}:${change.key}`);
    if (!found || change.sequence <= found.after) return;
    found.after = change.sequence;
    found.onchange(change);
  });
  socket.on("left", ({ stream, key, reason }) => {
    const found = subscriptions.get(`${stream}:${key}`);
    subscriptions.delete(`${stream}:${key}`);
    found?.onleft?.(reason);
  });
  return socket;
}
const tell = (on) => watchers.forEach((watch) => watch(on));

function subscribe(subscription) {
  const { stream, key, after } = subscription;
  socket.emit("subscribe", { stream, key, after }, (answer) => { if (!answer.ok) subscription.onleft?.(answer.problem.code); });
}

export const realtime = {
  watch(watcher) { watchers.add(watcher); watcher(Boolean(socket?.connected)); return () => watchers.delete(watcher); },
  subscribe(stream, key, after, onchange, onleft) {
    const subscription = { stream, key, after, onchange, onleft };
    subscriptions.set(`${stream}:${key}`, subscription);
    if (connect().connected) subscribe(subscription);
    return () => { subscriptions.delete(`${stream}:${key}`); socket?.emit("unsubscribe", { stream, key }); };
  },
  stop() { subscriptions.clear(); socket?.disconnect(); socket = null; },
};
