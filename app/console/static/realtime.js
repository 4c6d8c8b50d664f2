// Resumable streams: after a reconnection each subscription goes on where it was.
import { io } from "/console/static/vendor/socket.io.esm.min.js";
import { backoff, refresh, session } from "./api.js";

const PATIENCE = 10_000;
let socket = null;
let refusals = 0;
let saying = Promise.resolve();
const subscriptions = new Set();
const watchers = new Set();

const to = ({ stream, key }) => [...subscriptions].filter((each) => each.stream === stream && each.key === key);
const tell = (on) => watchers.forEach((watch) => watch(on));

function connect() {
  if (socket) return socket;
  const own = (socket = io({ transports: ["websocket"], auth: (give) => give({ token: session.token }) }));
  refusals = 0;
  own.on("connect", () => { refusals = 0; tell(true); subscriptions.forEach(subscribe); });
  own.on("connect_error", (error) => lost(own, error.data));
  own.on("disconnect", () => lost(own));
  own.on("signed_out", () => own.disconnect());
  own.on("change", (change) => {
    for (const found of to(change).filter(({ after }) => change.sequence > after)) {
      found.after = change.sequence;
      found.onchange(change);
    }
  });
  own.on("left", (message) => to(message).forEach((each) => end(each, message.reason)));
  return own;
}

// The client comes back by itself after a broken connection, but not after the server's no, whose token may be too old.
function lost(own, problem) {
  if (own !== socket) return;
  tell(false);
  if (!own.active) comeBack(own, problem);
}

function comeBack(own, problem) {
  clearTimeout(own.retry);
  own.retry = setTimeout(async () => {
    if (own !== socket || own.active) return;
    try {
      // When the session is over, refresh() has told the page, which has stopped us.
      if ((await refresh()) && own === socket) own.connect();
    } catch (unreachable) {
      if (own === socket) comeBack(own, unreachable);
    }
  }, refusals++ ? backoff(refusals, problem) : 0);
}

// One at a time: the server deals with a connection's messages side by side, and an unsubscription must not
// overtake the subscription that follows it.
function say(event, { stream, key }, more = () => ({})) {
  saying = saying.then(() => {
    const isWanted = to({ stream, key }).length > 0;
    if (!socket?.connected || isWanted !== (event === "subscribe")) return null;
    return socket.timeout(PATIENCE).emitWithAck(event, { stream, key, ...more() });
  }).catch(() => null);
  return saying;
}

async function subscribe(subscription) {
  const answer = await say("subscribe", subscription, () => ({ after: subscription.after }));
  if (answer?.ok || !subscriptions.has(subscription) || !socket?.connected) return;
  const problem = answer?.problem;
  if (!problem || problem.status === 401 || problem.status === 429 || problem.status >= 500) {
    setTimeout(() => subscriptions.has(subscription) && subscribe(subscription), backoff(1, problem));
  } else {
    end(subscription, problem.code);
  }
}

function end(subscription, reason) {
  if (subscriptions.delete(subscription)) subscription.onleft?.(reason);
}

export const realtime = {
  watch(watcher) { watchers.add(watcher); watcher(Boolean(socket?.connected)); return () => watchers.delete(watcher); },
  subscribe(stream, key, after, onchange, onleft) {
    const subscription = { stream, key, after, onchange, onleft };
    subscriptions.add(subscription);
    if (connect().connected) subscribe(subscription);
    return () => { if (subscriptions.delete(subscription)) say("unsubscribe", subscription); };
  },
  stop() {
    const own = socket;
    socket = null;
    subscriptions.clear();
    own?.disconnect();
    tell(false);
  },
};
