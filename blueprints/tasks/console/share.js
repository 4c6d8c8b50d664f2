// Who shares the project, and its tasks as files.
export function sharing({ api, h, form, field }, project) {
  const people = h("ul.list");
  const path = `tasks/projects/${project.id}`;
  const isMine = project.role === "owner";

  async function show() {
    const members = await api.all(`${path}/members`);
    people.replaceChildren(...members.map((member) => h("li.row.spread", {},
      h("span", {}, `${member.name} `, h("span.small.soft", {}, member.email)),
      h("span.row", {}, h("span.tag", {}, member.role), isMine && member.role !== "owner" && h("button.plain.danger", { "aria-label": `Remove ${member.name}`, onclick: () => remove(member) }, "Remove")))));
  }

  async function remove(member) {
    await api.delete(`${path}/members/${member.user_id}`);
    await show();
  }

  const invite = () => form({ class: "invite" }, async (data, own) => { await api.post(`${path}/members`, data); own.reset(); await show(); },
    field("Share with (e-mail address)", "email", { type: "email" }),
    h("label", {}, "as", h("select", { name: "role" }, h("option", { value: "editor" }, "editor"), h("option", { value: "viewer" }, "viewer"))),
    h("button", {}, "Share"));

  async function save(name, type) {
    const text = await api.get(`${path}/${name}`, { text: true });
    const href = URL.createObjectURL(new Blob([text], { type }));
    h("a", { href, download: `${project.name}.${name.split(".")[1]}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  // Only who looks asks for the members.
  return h("details.card", { ontoggle: (event) => event.target.open && show() }, h("summary", {}, "Share and export"),
    people, isMine && invite(),
    h("div.row.files", {}, h("span.small.soft", {}, "All tasks as a file:"),
      h("button", { onclick: () => save("export.csv", "text/csv") }, "CSV"), h("button", { onclick: () => save("export.ics", "text/calendar") }, "iCalendar")));
}
