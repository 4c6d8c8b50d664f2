// Says on every page in whose place an administrator acts, and ends it.
import { api, session } from "./api.js";
import { h } from "./dom.js";

export function banner(place, { me }) {
  place.replaceChildren(...(me?.impersonated_by ? [h("div.banner.row.spread", {},
    h("span", {}, `You act in the place of ${me.name}.`), h("button", { onclick: end }, `Be ${me.impersonated_by.name} again`))] : []));
}

async function end() {
  await api.delete("accounts/me/impersonation").catch((problem) => { if (problem.status !== 401 && problem.status !== 404) throw problem; });
  if (session.acting) session.act(null);
}
