// The form in which a task is changed. It sends only what was changed in it, and stays open while others change the task.
import { fromLocal, toLocal, zone } from "./due.js";
import { PRIORITIES, STATES } from "./words.js";

const NAMES = { title: "title", notes: "notes", status: "state", priority: "priority", due_at: "due time", tags: "tags" };

const textsOf = (task) => ({
  title: task.title, notes: task.notes, status: task.status, priority: String(task.priority), due_at: toLocal(task.due_at), tags: task.tags.join(", "),
});

const VALUES = {
  title: (text) => ({ title: text }),
  notes: (text) => ({ notes: text }),
  status: (text) => ({ status: text }),
  priority: (text) => ({ priority: Number(text) }),
  due_at: (text) => ({ due_at: fromLocal(text), due_zone: text ? zone() : null }),
  tags: (text) => ({ tags: [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))] }),
};

// `actions`: store, close(), step(by), addSubTask().
export function createEditor({ api, h, form }, task, { store, close, step, addSubTask }) {
  let base = task;
  const shown = {};
  const news = h("p.small.warn", { role: "status" });
  const options = (entries) => entries.map(([value, text]) => h("option", { value }, text));
  const element = form({}, save,
    h("div.edit", {},
      h("label.wide", {}, "Title", h("input", { name: "title", maxlength: 500 })),
      h("label.wide", {}, "Notes (Markdown)", h("textarea", { name: "notes", rows: 4 })),
      h("label", {}, "State", h("select", { name: "status" }, options(Object.entries(STATES)))),
      h("label", {}, "Priority", h("select", { name: "priority" }, options(PRIORITIES.map((text, value) => [value, text])))),
      h("label.wider", {}, "Due", h("input", { name: "due_at", type: "datetime-local" })),
      h("label.wider", {}, "Tags, with commas", h("input", { name: "tags" }))),
    task.due_zone && task.due_zone !== zone() && h("p.small.soft", {}, `The due time is shown as it is here (${zone()}); it was set in ${task.due_zone}.`),
    news,
    h("div.row", {},
      h("button.main", {}, "Save"), h("button", { type: "button", onclick: close }, "Cancel"),
      h("span.row.moves", {},
        h("button.plain", { type: "button", "aria-label": `Move ${task.title} up`, onclick: () => step(-1) }, "↑ Up"),
        h("button.plain", { type: "button", "aria-label": `Move ${task.title} down`, onclick: () => step(1) }, "↓ Down"),
        !task.parent_id && h("button.plain", { type: "button", onclick: addSubTask }, "+ Sub-task"))));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (Object.keys(changed()).length) news.replaceChildren("Not saved yet: Save, or Cancel.");
    else close();
  });
  Object.entries(textsOf(task)).forEach(([name, text]) => fill(name, text));

  // What the browser made of the text is what an untouched input holds.
  function fill(name, text) {
    element.elements[name].value = text;
    shown[name] = element.elements[name].value;
  }

  const isTouched = (name) => element.elements[name].value !== shown[name];
  const changed = () => Object.assign({}, ...Object.keys(shown).filter(isTouched).map((name) => VALUES[name](element.elements[name].value)));

  async function save() {
    if (element.elements.due_at.validity.badInput) throw { title: "The due time is incomplete.", errors: { "/due_at": "Give the date and the time, or neither." } };
    const changes = changed();
    if (Object.keys(changes).length) await send(changes);
    close();
  }

  async function send(changes) {
    try {
      store.put(await api.patch(`tasks/tasks/${task.id}`, changes, `"${base.version}"`));
    } catch (problem) {
      if (problem.status !== 412 && problem.status !== 404) throw problem;
      await store.readOne(task.id);
      throw { title: "Somebody else changed this task at the same time. What you wrote is kept: look at it, then save again." };
    }
  }

  // The task as others have changed it: what was not touched here follows, what was touched stays.
  function follow(newer) {
    const before = textsOf(base), now = textsOf(newer);
    const theirs = Object.keys(now).filter((name) => now[name] !== before[name] && now[name] !== element.elements[name].value);
    const clashes = theirs.filter(isTouched);
    base = newer;
    for (const name of Object.keys(now)) {
      if (isTouched(name)) shown[name] = now[name];
      else if (theirs.includes(name)) fill(name, now[name]);
    }
    if (clashes.length) news.replaceChildren(`Somebody else has changed the ${clashes.map((name) => NAMES[name]).join(", the ")}, too. Save to replace it with yours, or cancel to see theirs.`);
    else if (theirs.length) news.replaceChildren("Somebody else has changed this task; what you have not touched is up to date.");
  }

  return { element, follow, focus: () => element.elements.title.focus() };
}
