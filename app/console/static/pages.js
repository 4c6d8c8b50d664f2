// The console's own pages.
export async function overview(element, { api, h, meta, me }) {
  const health = h("ul.list", {}, h("li.soft", {}, "Looking…"));
  element.append(
    h("h1", {}, `Hello, ${me.name}`), h("p.soft", {}, "What runs here, and how it is."),
    h("div.grid", {},
      h("section.card", {}, h("h2", {}, "Health"), health),
      h("section.card", {}, h("h2", {}, "Stages"), h("ul.list", {}, meta.stages.map((stage) => h("li", {}, h("b", {}, stage.name), h("div.small.soft", {}, stage.summary))))),
      h("section.card", {}, h("h2", {}, "For programs"),
        h("p", {}, h("a", { href: "/docs" }, "API documentation")), h("p", {}, h("a", { href: "/openapi.json" }, "OpenAPI document")),
        h("p.small.soft", {}, "Make a ", h("a", { href: "#/tokens" }, "personal access token"), " for scripts."))));
  async function look() {
    const report = await fetch("/readyz").then((answer) => answer.json()).catch(() => ({ checks: {}, status: "unreachable" }));
    health.replaceChildren(
      h("li", {}, h(`span.dot.${report.status === "ok" ? "ok" : "off"}`), h("b", {}, report.status)),
      ...Object.entries(report.checks).map(([name, check]) => h("li.row.spread", {}, h("span", {}, h(`span.dot.${check.ok ? "ok" : "off"}`), name), h("span.small.soft", {}, check.ok ? `${check.ms} ms` : check.problem))));
  }
  look();
  const timer = setInterval(look, 10000);
  return () => clearInterval(timer);
}

export async function sessions(element, { api, h, toast, when }) {
  async function show() {
    const items = await api.all("accounts/me/sessions");
    element.replaceChildren(
      h("div.row.spread", {}, h("div", {}, h("h1", {}, "Sessions"), h("p.soft", {}, "Where you are signed in.")),
        items.length > 1 && h("button.danger", { onclick: () => end("accounts/me/sessions") }, "Sign out everywhere else")),
      h("ul.list.card", {}, items.map((item) => h("li.row.spread", {},
        h("div.grow", {}, h("b", {}, device(item.user_agent)), item.current && h("span.tag", {}, "this one"), h("div.small.soft", {}, `${item.address} · since ${when(item.created_at)} · seen ${when(item.last_seen_at)}`)),
        !item.current && h("button.danger", { onclick: () => end(`accounts/me/sessions/${item.id}`) }, "Sign out")))));
  }
  async function end(path) { await api.delete(path); toast("Signed out there."); await show(); }
  await show();
}

const device = (agent) => /(Firefox|Edg|Chrome|Safari|curl|python)[^\s]*/i.exec(agent)?.[0].replace("/", " ") || agent || "Unknown program";

export async function tokens(element, { api, h, form, field, meta, toast, when, me }) {
  const list = h("div"), shown = h("div", { "aria-live": "polite" });
  const allowed = meta.stages.flatMap((stage) => Object.entries(stage.permissions)).filter(([name]) => me.permissions.includes(name));
  async function show() {
    const items = await api.all("accounts/me/tokens");
    list.replaceChildren(items.length ? h("ul.list.card", {}, items.map((item) => h("li.row.spread", {},
      h("div.grow", {}, h("b", {}, item.name), h("div.small.soft", {}, `${item.prefix}… · ${item.scopes.join(", ")} · ${item.expires_at ? `until ${when(item.expires_at)}` : "never expires"} · ${item.last_used_at ? `used ${when(item.last_used_at)}` : "never used"}`)),
      h("button.danger", { onclick: async () => { await api.delete(`accounts/me/tokens/${item.id}`); toast("Revoked."); show(); } }, "Revoke")))) : h("p.empty.card", {}, "No tokens yet."));
  }
  element.append(h("h1", {}, "Personal access tokens"), h("p.soft", {}, "For programs of yours. Each may do only what you tick."), shown, list,
    h("section.card", {}, h("h2", {}, "New token"), form({}, async (data, element_) => {
      const scopes = [...element_.querySelectorAll("[name=scope]:checked")].map((box) => box.value);
      if (!scopes.length) throw { title: "Tick at least one thing it may do." };
      const days = Number(data.days);
      const made = await api.post("accounts/me/tokens", { name: data.name, scopes, expires_at: days ? new Date(Date.now() + days * 864e5).toISOString() : null });
      const secret = h("p.secret", { id: "new-token" }, made.token);
      shown.replaceChildren(h("section.card", {}, h("h2", {}, "Copy it now: it is not shown again"), secret, h("button", { onclick: () => copy(secret) }, "Copy")));
      element_.reset();
      show();
    }, field("Name", "name", { maxlength: 100 }),
      h("fieldset", {}, h("legend", {}, "It may"), allowed.map(([name, text]) => h("label", {}, h("input", { type: "checkbox", name: "scope", value: name }), h("span", {}, `${text} `, h("span.small.soft", {}, name))))),
      h("label", {}, "Expires", h("select", { name: "days" }, [[30, "in 30 days"], [90, "in 90 days"], [365, "in a year"], [0, "never"]].map(([days, text]) => h("option", { value: days }, text)))),
      h("button.main", {}, "Make the token"))));
  // Outside of https and localhost there is no clipboard.
  async function copy(secret) {
    getSelection().selectAllChildren(secret);
    await navigator.clipboard?.writeText(secret.textContent);
    toast(navigator.clipboard ? "Copied." : "Selected: now copy it.");
  }
  await show();
}
