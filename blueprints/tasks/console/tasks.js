// The tasks page: a project's tasks, live in every window that shows them.
const STATES = { todo: "To do", doing: "Doing", done: "Done" };
const PRIORITIES = ["none", "low", "medium", "high", "urgent"];

export async function mount(element, context) {
  const { api, realtime, h, form, field, toast, navigate, path } = context;
  styles(h);
  const live = h("span.live", { role: "status" }), bar = h("div.projects", { role: "group", "aria-label": "Projects" }), body = h("div");
  let projects = [], project = null, tasks = new Map(), editing = null, stop = null, filter = { q: "", open: false };
  element.append(h("div.row.spread", {}, h("h1", {}, "Tasks"), live), bar, body);
  const unwatch = realtime.watch((on) => live.replaceChildren(h(`span.dot.${on ? "ok" : "off"}`), on ? "live" : "connecting…"));

  async function showProjects() {
    projects = await api.all("tasks/projects?sort=created_at");
    bar.replaceChildren(...projects.map((each) => h("button", { "aria-pressed": String(each.id === project?.id), onclick: () => navigate(`tasks/${each.id}`) }, each.name)),
      h("button.plain", { onclick: newProject }, "+ New project"));
    if (!projects.length) body.replaceChildren(h("div.empty.card", {}, h("p", {}, "No projects yet."), h("button.main", { onclick: newProject }, "Make your first project")));
  }

  function newProject() {
    body.prepend(h("section.card", {}, form({}, async (data) => {
      const made = await api.post("tasks/projects", data);
      navigate(`tasks/${made.id}`);
    }, field("Name of the project", "name", { maxlength: 200 }), h("button.main", {}, "Make it"))));
    body.querySelector("input").focus();
  }

  async function open(id) {
    stop?.();
    // The sequence first, then the list: what changes in between comes again and is only applied twice.
    project = await api.get(`tasks/projects/${id}`);
    tasks = new Map((await api.all(`tasks/projects/${id}/tasks`)).map((task) => [task.id, task]));
    stop = realtime.subscribe("tasks.project", id, project.sequence, changed, left);
    draw();
  }

  async function changed(change) {
    if (change.kind === "deleted") tasks.delete(change.task_id);
    else tasks.set(change.task_id, await api.get(`tasks/tasks/${change.task_id}`).catch(() => tasks.get(change.task_id)));
    if (!tasks.get(change.task_id)) tasks.delete(change.task_id);
    drawList(change.task_id);
  }

  function left() {
    toast("You have no access to this project any more.");
    navigate("tasks");
  }

  const mayWrite = () => project.role !== "viewer";

  function draw() {
    const add = form({ class: "row" }, async (data, own) => { await api.post(`tasks/projects/${project.id}/tasks`, { title: data.title }); own.reset(); own.elements.title.focus(); },
      h("input.grow", { name: "title", placeholder: "What is to do?", "aria-label": "New task", maxlength: 500 }), h("button.main", {}, "Add"));
    const search = h("input.grow", { type: "search", placeholder: "Find in these tasks", "aria-label": "Find", value: filter.q, oninput: (event) => { filter.q = event.target.value.toLowerCase(); drawList(); } });
    const onlyOpen = h("input", { type: "checkbox", onchange: (event) => { filter.open = event.target.checked; drawList(); } });
    body.replaceChildren(
      h("section.card", {}, h("div.row.spread", {}, h("h2", {}, project.name), h("span.tag", {}, project.role)), project.notes && h("p.soft", {}, project.notes), mayWrite() && add,
        h("div.row", {}, search, h("label", {}, onlyOpen, " only open ones"))),
      h("section.card", {}, h("ul.tasks", { id: "tasks", "aria-label": "Tasks" })),
      h("details.card", {}, h("summary", {}, "Share and export"), sharing(),
        h("p", {}, h("button", { onclick: () => save("export.csv", "text/csv") }, "CSV"), " ", h("button", { onclick: () => save("export.ics", "text/calendar") }, "iCalendar"))));
    drawList();
  }

  function sharing() {
    const people = h("ul.list");
    const show = async () => people.replaceChildren(...(await api.all(`tasks/projects/${project.id}/members`)).map((member) => h("li.row.spread", {}, h("span", {}, `${member.name} `, h("span.small.soft", {}, member.email)), h("span.row", {}, h("span.tag", {}, member.role),
      project.role === "owner" && member.role !== "owner" && h("button.plain.danger", { onclick: async () => { await api.delete(`tasks/projects/${project.id}/members/${member.user_id}`); show(); } }, "Remove")))));
    show();
    return h("div", {}, people, project.role === "owner" && form({}, async (data, own) => { await api.post(`tasks/projects/${project.id}/members`, data); own.reset(); show(); },
      field("Share with (e-mail address)", "email", { type: "email" }), h("label", {}, "as", h("select", { name: "role" }, h("option", { value: "editor" }, "editor"), h("option", { value: "viewer" }, "viewer"))), h("button", {}, "Share")));
  }

  async function save(name, type) {
    const text = await api.get(`tasks/projects/${project.id}/${name}`, { text: true });
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: `${project.name}.${name.split(".")[1]}` });
    link.click();
  }

  function ordered() {
    const all = [...tasks.values()].filter((task) => !(filter.open && task.status === "done") && (!filter.q || `${task.title} ${task.notes} ${task.tags.join(" ")}`.toLowerCase().includes(filter.q)));
    all.sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : a.id < b.id ? -1 : 1));
    const tops = all.filter((task) => !task.parent_id || !tasks.has(task.parent_id));
    return tops.flatMap((task) => [task, ...all.filter((each) => each.parent_id === task.id)]);
  }

  function drawList(fresh) {
    const list = document.getElementById("tasks");
    if (!list) return;
    const focused = document.activeElement?.closest?.(".task")?.dataset.id, control = document.activeElement?.dataset?.control;
    const rows = ordered().map((task) => (task.id === editing ? list.querySelector(`[data-id="${task.id}"]`) || row(task) : row(task, task.id === fresh)));
    list.replaceChildren(...(rows.length ? rows : [h("li.empty", {}, tasks.size ? "Nothing matches." : "Nothing to do. Add something above.")]));
    if (focused && !editing) list.querySelector(`[data-id="${focused}"] [data-control="${control}"]`)?.focus();
  }

  function row(task, fresh) {
    const late = task.due_at && task.status !== "done" && new Date(task.due_at) < new Date();
    const item = h(`li.task${task.status === "done" ? ".done" : ""}${task.parent_id ? ".sub" : ""}${fresh ? ".fresh" : ""}`, { "data-id": task.id, draggable: mayWrite() && !task.parent_id,
      ondragstart: (event) => event.dataTransfer.setData("text/plain", task.id), ondragover: (event) => { event.preventDefault(); item.classList.add("over"); }, ondragleave: () => item.classList.remove("over"),
      ondrop: (event) => { event.preventDefault(); item.classList.remove("over"); before(event.dataTransfer.getData("text/plain"), task.id); } },
      h("button.plain.handle", { "data-control": "handle", "aria-label": `Move ${task.title}: alt and arrow keys`, disabled: !mayWrite() || Boolean(task.parent_id), onkeydown: (event) => { if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); step(task, event.key === "ArrowUp" ? -1 : 1); } } }, "⠿"),
      h("input", { type: "checkbox", "data-control": "done", "aria-label": `Done: ${task.title}`, checked: task.status === "done", disabled: !mayWrite(), onchange: (event) => change(task, { status: event.target.checked ? "done" : "todo" }) }),
      h("div", {}, h("button.title", { "data-control": "title", onclick: () => mayWrite() && edit(task) }, task.title),
        h("div.meta", {}, task.status === "doing" && h("span.tag", {}, STATES.doing), task.priority > 0 && h("span", {}, `priority ${PRIORITIES[task.priority]}`), task.due_at && h(`span${late ? ".late" : ""}`, {}, `due ${context.when(task.due_at)}`), task.recurrence && h("span", {}, "repeats"), task.tags.map((tag) => h("span", {}, `#${tag}`)), task.notes && h("span", {}, "has notes"))),
      mayWrite() && h("button.plain.danger", { "data-control": "delete", "aria-label": `Delete ${task.title}`, onclick: () => remove(task) }, "✕"));
    return item;
  }

  function edit(task) {
    editing = task.id;
    const local = task.due_at ? new Date(new Date(task.due_at) - new Date().getTimezoneOffset() * 6e4).toISOString().slice(0, 16) : "";
    const close = () => { editing = null; drawList(); };
    const item = h("li.task", { "data-id": task.id, onkeydown: (event) => event.key === "Escape" && close() }, form({}, async (data) => {
      await change(task, { title: data.title, notes: data.notes, status: data.status, priority: Number(data.priority), due_at: data.due_at ? new Date(data.due_at).toISOString() : null, due_zone: data.due_at ? Intl.DateTimeFormat().resolvedOptions().timeZone : null, tags: [...new Set(data.tags.split(",").map((tag) => tag.trim()).filter(Boolean))] }, true);
      close();
    }, h("div.edit", {}, h("label.wide", {}, "Title", h("input", { name: "title", value: task.title })), h("label.wide", {}, "Notes (Markdown)", h("textarea", { name: "notes", rows: 3, value: task.notes })),
      h("label", {}, "State", h("select", { name: "status" }, Object.entries(STATES).map(([value, text]) => h("option", { value, selected: value === task.status }, text)))),
      h("label", {}, "Priority", h("select", { name: "priority" }, PRIORITIES.map((text, value) => h("option", { value, selected: value === task.priority }, text)))),
      field("Due", "due_at", { type: "datetime-local", value: local }), field("Tags, with commas", "tags", { value: task.tags.join(", ") })),
      h("div.row", {}, h("button.main", {}, "Save"), h("button", { type: "button", onclick: close }, "Cancel"),
        !task.parent_id && h("button.plain", { type: "button", onclick: async () => { const made = await api.post(`tasks/projects/${project.id}/tasks`, { title: "New sub-task", parent_id: task.id }); editing = null; tasks.set(made.id, made); drawList(); } }, "Add a sub-task"))));
    document.querySelector(`[data-id="${task.id}"]`).replaceWith(item);
    item.querySelector("input").focus();
  }

  async function change(task, changes, loud) {
    try {
      tasks.set(task.id, await api.patch(`tasks/tasks/${task.id}`, changes, `"${task.version}"`));
    } catch (problem) {
      if (problem.status === 412) {
        tasks.set(task.id, await api.get(`tasks/tasks/${task.id}`));
        toast("Somebody changed it at the same time. This is how it is now.");
        editing = null;
      } else if (loud) throw problem;
      else toast(problem.detail || problem.title);
    }
    drawList();
  }

  async function remove(task) {
    await api.delete(`tasks/tasks/${task.id}`, "*").catch((problem) => toast(problem.title));
    tasks.delete(task.id);
    drawList();
    toast(`Deleted “${task.title}”.`, { title: "Undo", run: async () => { const back = await api.post(`tasks/tasks/${task.id}/restoration`); tasks.set(back.id, back); drawList(); } });
  }

  const tops = () => ordered().filter((task) => !task.parent_id);
  async function place(id, after) {
    try { tasks.set(id, await api.put(`tasks/tasks/${id}/position`, { after })); } catch (problem) { toast(problem.title); }
    drawList();
  }
  async function step(task, by) {
    const all = tops(), at = all.findIndex((each) => each.id === task.id), to = at + by;
    if (to < 0 || to >= all.length) return;
    await place(task.id, by < 0 ? all[to - 1]?.id ?? null : all[to].id);
  }
  async function before(moved, target) {
    if (!moved || moved === target) return;
    const all = tops().filter((task) => task.id !== moved), at = all.findIndex((task) => task.id === target);
    await place(moved, all[at - 1]?.id ?? null);
  }

  await showProjects();
  const wanted = projects.find((each) => each.id === path[0]) || projects[0];
  if (wanted) {
    await open(wanted.id).catch((problem) => body.replaceChildren(h("div.empty.card", {}, problem.title)));
    await showProjects();
  }
  return () => { stop?.(); unwatch(); };
}

function styles(h) {
  const href = "/console/tasks/tasks.css";
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h("link", { rel: "stylesheet", href }));
}
