// The tasks page: a person's projects, and one of them with its tasks, live in every window that shows it.
import { showProject } from "./project.js";

export async function mount(element, context) {
  const { api, realtime, h, form, field, navigate, path } = context;
  styles(h);
  const live = h("span.live", { role: "status" }), bar = h("div.projects", { role: "group", "aria-label": "Projects" });
  const making = h("div"), body = h("div");
  element.append(h("div.row.spread.head", {}, h("h1", {}, "Tasks"), live), bar, making, body);

  function newProject() {
    const made = form({}, async (data) => navigate(`tasks/${(await api.post("tasks/projects", data)).id}`),
      field("Name of the project", "name", { maxlength: 200 }),
      h("div.row", {}, h("button.main", {}, "Make it"), h("button", { type: "button", onclick: () => making.replaceChildren() }, "Cancel")));
    making.replaceChildren(h("section.card", {}, made));
    made.elements.name.focus();
  }

  const empty = (text, ...more) => body.replaceChildren(h("div.empty.card", {}, h("p", {}, text), ...more));

  const projects = await api.all("tasks/projects?sort=created_at");
  const wanted = path[0] || projects[0]?.id;
  bar.replaceChildren(...projects.map((each) => h("button", { "aria-pressed": String(each.id === wanted), onclick: () => navigate(`tasks/${each.id}`) }, each.name)),
    h("button.plain", { onclick: newProject }, "+ New project"));
  bar.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  if (!wanted) empty("No projects yet.", h("button.main", { onclick: newProject }, "Make your first project"));
  const close = wanted && (await showProject(body, context, wanted).catch((problem) => {
    if (problem.status !== 404 && problem.status !== 422) throw problem;
    empty("There is no such project, or you have no access to it.");
  }));
  const unwatch = close && realtime.watch((on) => live.replaceChildren(h(`span.dot.${on ? "ok" : "off"}`), on ? "live" : "connecting…"));
  return () => { close?.(); unwatch?.(); };
}

function styles(h) {
  const href = "/console/tasks/tasks.css";
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h("link", { rel: "stylesheet", href }));
}
