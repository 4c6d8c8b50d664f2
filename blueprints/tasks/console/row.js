// One task in the list: what is seen of it, and for who may only look, its details.
import { PRIORITIES, STATES } from "./words.js";

export function rowOf({ h, when }, task, { mayWrite, fresh, isOpen, actions }) {
  const done = task.status === "done";
  const late = task.due_at && !done && new Date(task.due_at) < new Date();
  const classes = ["li.task", done && "done", task.parent_id && "sub", !mayWrite && "look", fresh && "fresh"].filter(Boolean).join(".");
  return h(classes, { "data-id": task.id, draggable: String(mayWrite) },
    mayWrite && handle(),
    h("label.tick", {}, h("input", { type: "checkbox", "data-control": "done", "aria-label": `Done: ${task.title}`, checked: done, disabled: !mayWrite, onchange: (event) => actions.change(task, { status: event.target.checked ? "done" : "todo" }) })),
    h("div.what", {},
      h("button.title", { "data-control": "title", "aria-expanded": String(isOpen), onclick: () => actions.toggle(task) }, task.title),
      h("div.meta", {},
        task.status === "doing" && h("span.tag", {}, STATES.doing),
        task.priority > 0 && h(`span.priority.p${task.priority}`, {}, `priority ${PRIORITIES[task.priority]}`),
        task.due_at && h(`span${late ? ".late" : ""}`, {}, `due ${when(task.due_at)}`),
        task.recurrence && h("span", {}, "repeats"),
        task.tags.map((tag) => h("span", {}, `#${tag}`)),
        task.notes && !isOpen && h("span", {}, "has notes")),
      isOpen && details()),
    mayWrite && h("button.plain.danger.remove", { "data-control": "delete", "aria-label": `Delete ${task.title}`, onclick: () => actions.remove(task) }, "✕"));

  // No <button>: Firefox does not drag a row by one.
  function handle() {
    return h("span.handle", { role: "button", tabindex: 0, "data-control": "handle", "aria-label": `Move ${task.title}: alt and arrow keys`, onkeydown: (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!event.altKey || !by) return;
      event.preventDefault();
      actions.step(task, by);
    } }, "⠿");
  }

  function details() {
    const facts = [["State", STATES[task.status]], ["Due time set in", task.due_at && task.due_zone], ["Repeats", task.recurrence], ["Last change", when(task.updated_at)]];
    return h("div.details", {},
      task.notes ? h("pre", {}, task.notes) : h("p.soft", {}, "No notes."),
      h("dl", {}, facts.filter(([, text]) => text).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
  }
}
