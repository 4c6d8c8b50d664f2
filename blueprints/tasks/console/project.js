// One project: its tasks, live.
import { createList } from "./list.js";
import { sharing } from "./share.js";
import { createStore } from "./store.js";

export async function showProject(element, context, id) {
  const { api, backoff, realtime, h, form, toast, navigate } = context;
  const path = `tasks/projects/${id}`;
  const store = createStore(context, id, (fresh) => list.draw(fresh));
  let list = { draw() {} };
  let stop = null, timer = null, closed = false;

  // The sequence first, then the list: what changes in between comes again and is only applied twice.
  async function open() {
    const project = await api.get(path);
    await store.load();
    if (!closed) stop = realtime.subscribe("tasks.project", id, project.sequence, (change) => store.touch([change.task_id]), left);
    return project;
  }

  function left(code) {
    if (code === "too_far_behind") return reopen();
    toast(`You have no access to “${project.name}” any more.`);
    navigate("tasks");
  }

  function reopen(failures = 0) {
    open().catch((problem) => {
      if (closed) return;
      if (problem.status === 404) left(problem.code);
      else timer = setTimeout(() => reopen(failures + 1), backoff(failures, problem));
    });
  }

  async function add({ title }, own) {
    own.reset();
    try {
      store.put(await api.post(`${path}/tasks`, { title }));
    } catch (problem) {
      own.elements.title.value ||= title;
      throw problem;
    }
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    store.close();
    stop?.();
  }

  const project = await open();
  const field = h("input.grow", { name: "title", placeholder: "What is to do?", "aria-label": "New task", maxlength: 500, autocomplete: "off" });
  const adding = project.role === "viewer" ? null : form({ class: "row" }, add, field, h("button.main", {}, "Add"));
  list = createList(context, project, store, () => adding && field);
  const filtered = (name, value) => { list.filter[name] = value; list.draw(); };
  element.replaceChildren(
    h("section.card", {},
      h("div.row.spread", {}, h("h2", {}, project.name), h("span.tag", {}, project.role)),
      project.notes && h("p.soft.notes", {}, project.notes),
      adding,
      h("div.row", {},
        h("input.grow", { type: "search", placeholder: "Find in these tasks", "aria-label": "Find", oninput: (event) => filtered("text", event.target.value.toLowerCase()) }),
        h("label.check", {}, h("input", { type: "checkbox", onchange: (event) => filtered("onlyOpen", event.target.checked) }), "only open ones"))),
    h("section.card.flush", {}, list.element),
    sharing(context, project));
  list.draw();
  return close;
}
