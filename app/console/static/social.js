// Signing in through others: they send the person back to #/signing-in, where only the tab that began can go on.
import { api } from "./api.js";

const KEPT = "z2h.social";
const ERRORS = {
  access_denied: "You did not agree there, so nothing has happened.",
  provider_failed: "The other service could not sign you in.",
  provider_unavailable: "The other service cannot be reached at the moment.",
  answer_refused: "The answer of the other service could not be trusted.",
  expired: "That took too long, or was used before.",
};

// `act`: sign-in, link or prove.
export async function leaveFor(provider, act) {
  const binding = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const { url } = await api.post(`auth/social/${provider}/authorizations`, { binding, link: act !== "sign-in" });
  sessionStorage.setItem(KEPT, JSON.stringify({ binding, act, back: location.hash.slice(2) }));
  location.assign(url);
}

// What came back, as {act, back, answer}: each works once.
export async function comeBack(query) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  sessionStorage.removeItem(KEPT);
  const given = new URLSearchParams(query);
  if (given.has("error")) throw { title: ERRORS[given.get("error")] || "The other service could not sign you in.", back: kept?.back };
  if (!kept || !given.get("code")) throw { title: "This was not begun in this window. Begin again here." };
  const path = { "sign-in": "auth/social/handovers", link: "accounts/me/identities", prove: "auth/social/reauthentications" }[kept.act];
  return { ...kept, answer: await api.post(path, { code: given.get("code"), binding: kept.binding }) };
}

export const providers = async () => (await api.get("auth/social/providers")).items;
