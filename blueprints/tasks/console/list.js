// The list of a project's tasks. A row is drawn anew when its task has a new version; rows that are edited or hold the
// focus stay where they are in the document, and the others are moved around them: moving an element takes its focus away.
import { createEditor } from "./edit.js";
import { makeDraggable } from "./drag.js";
import { rowOf } from "./row.js";

export function createList(context, project, store, addField) {
  const { api, h, toast } = context;
  const mayWrite = project.role !== "viewer";
  const end = h("li.end", { "aria-hidden": "true" }, "Drop here to move to the end");
  const none = h("li.empty");
  const element = h("ul.tasks", { "aria-label": "Tasks" });
  const rows = new Map();
  const open = new Map();
  const removing = new Set();
  const filter = { text: "", onlyOpen: false };
  let queue = Promise.resolve();

  const siblings = (task) => store.all().filter((each) => each.parent_id === task.parent_id).sort(byPosition);
  if (mayWrite) makeDraggable(element, end, store, { place, placeLast });

  function matches(task) {
    if (open.has(task.id)) return true;
    if (filter.onlyOpen && task.status === "done") return false;
    return `${task.title} ${task.notes} ${task.tags.join(" ")}`.toLowerCase().includes(filter.text);
  }

  function ordered() {
    const all = store.all().filter(matches).sort(byPosition);
    const ids = new Set(all.map((task) => task.id));
    const under = new Map(all.map((task) => [task.id, []]));
    all.forEach((task) => under.get(task.parent_id)?.push(task));
    return all.filter((task) => !ids.has(task.parent_id)).flatMap((task) => [task, ...under.get(task.id)]);
  }

  function draw(fresh = []) {
    const focused = document.activeElement?.closest?.(".task"), control = document.activeElement?.dataset?.control;
    const place = [...element.children].indexOf(focused);
    closeDeleted();
    const elements = ordered().map((task) => rowFor(task, fresh.includes(task.id)));
    none.textContent = store.all().length ? "Nothing matches." : mayWrite ? "Nothing to do. Add something above." : "Nothing to do.";
    arrange(element, elements.length ? [...elements, end] : [none], focused || element.querySelector(".editing"));
    if (focused && !focused.contains(document.activeElement)) refocus(focused.dataset.id, control, place);
  }

  function rowFor(task, fresh) {
    const known = rows.get(task.id);
    if (known?.task === task && known.open === open.get(task.id)) return known.element;
    const opened = open.get(task.id);
    if (known && opened?.follow && known.open === opened) {
      opened.follow(task);
      known.task = task;
      return known.element;
    }
    const made = opened?.element ? editingRow(task, opened) : rowOf(context, task, { mayWrite, fresh, isOpen: Boolean(opened), actions });
    rows.set(task.id, { task, open: opened, element: made });
    return made;
  }

  const editingRow = (task, editor) => h(`li.task.editing${task.parent_id ? ".sub" : ""}`, { "data-id": task.id }, editor.element);

  function closeDeleted() {
    for (const [id, editor] of open) {
      if (store.get(id).deleted_at === null) continue;
      open.delete(id);
      if (editor.element && !removing.has(id)) toast(`“${store.get(id).title}” was deleted elsewhere.`);
    }
    for (const id of rows.keys()) if (store.get(id).deleted_at !== null) rows.delete(id);
  }

  function refocus(id, control, place) {
    const row = rows.get(id)?.element;
    const all = [...element.querySelectorAll(".task")];
    const near = row?.isConnected ? row : all[place] || all.at(-1);
    const target = near?.querySelector(`[data-control="${control}"]`) || near?.querySelector("[data-control=title], [name=title]");
    (target || addField())?.focus();
  }

  const actions = {
    toggle(task) {
      if (open.has(task.id)) return actions.close(task);
      open.set(task.id, mayWrite ? editorFor(task) : {});
      draw();
      open.get(task.id).focus?.();
    },
    close(task) {
      open.delete(task.id);
      draw();
      rows.get(task.id)?.element.querySelector("[data-control=title]")?.focus();
    },
    change(task, changes) {
      enqueue(async () => {
        try {
          store.put(await api.patch(`tasks/tasks/${task.id}`, changes, `"${store.get(task.id).version}"`));
        } catch (problem) {
          rows.delete(task.id);
          draw();
          if (problem.status !== 412) throw problem;
          store.touch([task.id]);
          toast("Somebody changed it at the same time. This is how it is now.");
        }
      });
    },
    async remove(task) {
      const gone = [task.id, ...store.all().filter((each) => each.parent_id === task.id).map((each) => each.id)];
      gone.forEach((id) => removing.add(id));
      try {
        await api.delete(`tasks/tasks/${task.id}`, "*");
      } catch (problem) {
        toast(problem.detail || problem.title);
        if (problem.status === 404) store.touch(gone);
        return;
      } finally {
        gone.forEach((id) => removing.delete(id));
      }
      gone.forEach((id) => open.delete(id));
      store.bury(gone);
      toast(`Deleted “${task.title}”.`, { title: "Undo", run: () => restore(task, gone) });
    },
    step(task, by) { move(() => stepped(task, by)); },
  };

  async function restore(task, gone) {
    store.put(await api.post(`tasks/tasks/${task.id}/restoration`));
    store.touch(gone);
  }

  const editorFor = (task) => createEditor(context, task, {
    store, close: () => actions.close(task), step: (by) => actions.step(task, by), addSubTask: () => addSubTask(task),
  });

  async function addSubTask(task) {
    const made = await api.post(`tasks/projects/${project.id}/tasks`, { title: "New sub-task", parent_id: task.id });
    store.put(made);
    actions.toggle(made);
  }

  // One after the other: each starts from what the one before has made of things.
  function enqueue(work) {
    queue = queue.then(work).catch((problem) => toast(problem.detail || problem.title));
  }

  function move(where) {
    enqueue(async () => {
      const target = where();
      if (target) store.put(await api.put(`tasks/tasks/${target.id}/position`, { after: target.after }));
    });
  }

  // Past the next one that is shown, whatever the filter hides in between.
  function stepped({ id }, by) {
    const all = siblings(store.get(id)), seen = all.filter((each) => each.id === id || matches(each));
    const next = seen[seen.findIndex((each) => each.id === id) + by];
    if (!next) return null;
    return { id, after: by > 0 ? next.id : before(all, id, next.id) };
  }

  function before(all, id, targetId) {
    const others = all.filter((each) => each.id !== id);
    return others[others.findIndex((each) => each.id === targetId) - 1]?.id ?? null;
  }

  function place(task, target) {
    move(() => ({ id: task.id, after: before(siblings(task), task.id, target.id) }));
  }

  function placeLast(task) {
    move(() => {
      const last = siblings(task).at(-1);
      return last.id === task.id ? null : { id: task.id, after: last.id };
    });
  }

  return { element, filter, draw };
}

const byPosition = (a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : a.id < b.id ? -1 : 1);

// Puts the elements in order without moving `fixed`.
function arrange(parent, elements, fixed) {
  const wanted = new Set(elements);
  [...parent.children].filter((child) => !wanted.has(child)).forEach((child) => child.remove());
  let at = parent.firstChild;
  for (const element of elements) {
    if (element === fixed) {
      while (at !== fixed) {
        const next = at.nextSibling;
        parent.append(at);
        at = next;
      }
    }
    if (element === at) at = at.nextSibling;
    else parent.insertBefore(element, at);
  }
}
