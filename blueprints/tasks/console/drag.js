// Rows are dragged before another one, or onto the place at the end. A sub-task stays under its task.
export function makeDraggable(list, end, store, { place, placeLast }) {
  let dragged = null;

  const rowOf = (node) => node.closest?.(".task");
  const mark = (row) => list.querySelectorAll(".over").forEach((each) => each !== row && each.classList.remove("over"));

  function targetAt(node) {
    if (!dragged) return null;
    if (node.closest?.(".end")) return "end";
    const over = store.get(rowOf(node)?.dataset.id);
    if (!over) return null;
    if (dragged.parent_id) return over.parent_id === dragged.parent_id ? over : null;
    return store.get(over.parent_id || over.id);
  }

  const elementOf = (target) => (target === "end" ? end : list.querySelector(`[data-id="${target.id}"]`));

  function finish() {
    dragged = null;
    mark(null);
    list.classList.remove("dragging");
  }

  list.addEventListener("dragstart", (event) => {
    // Not the text that somebody drags out of a form.
    dragged = event.target.matches?.(".task") ? store.get(event.target.dataset.id) : null;
    if (!dragged) return;
    event.dataTransfer.setData("text/plain", dragged.title);
    event.dataTransfer.effectAllowed = "move";
    // Changing the layout within the event would end the dragging.
    setTimeout(() => dragged && list.classList.add("dragging"));
  });
  list.addEventListener("dragover", (event) => {
    const target = targetAt(event.target), row = target && elementOf(target);
    mark(row);
    if (!row) return;
    event.preventDefault();
    row.classList.add("over");
  });
  list.addEventListener("dragleave", (event) => { if (!list.contains(event.relatedTarget)) mark(null); });
  list.addEventListener("dragend", finish);
  list.addEventListener("drop", (event) => {
    const task = dragged, target = targetAt(event.target);
    finish();
    if (!task || !target) return;
    event.preventDefault();
    if (target === "end") placeLast(task);
    else if (target.id !== task.id) place(task, target);
  });
}
