// h("button.main", {onclick}, "Save"): elements without HTML in strings, so that nothing anybody wrote can become markup.
export function h(spec, props = {}, ...children) {
  if (typeof props !== "object" || props === null || props instanceof Node || Array.isArray(props)) {
    children.unshift(props);
    props = {};
  }
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (name === "value") element.value = value;
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter((child) => child != null && child !== false));
  return element;
}

export const field = (title, name, props = {}) => h("label", {}, title, h("input", { name, ...props }));

// Submit a form once at a time; a problem document's `errors` are shown at the fields they point to.
export function form(props, submit, ...children) {
  const alert = h("div", { role: "alert" });
  let busy = false;
  const element = h("form", { ...props, novalidate: true, onsubmit: handle }, alert, ...children);
  async function handle(event) {
    event.preventDefault();
    if (busy) return;
    const button = element.querySelector("button:not([type=button])");
    clear();
    // Not `disabled`, which would take the focus away.
    busy = true;
    button.setAttribute("aria-busy", "true");
    try {
      await submit(Object.fromEntries(new FormData(element)), element);
    } catch (problem) {
      show(problem);
    } finally {
      busy = false;
      button.removeAttribute("aria-busy");
    }
  }
  function clear() {
    alert.replaceChildren();
    element.querySelectorAll(".error").forEach((each) => each.remove());
    element.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  }
  function show(problem) {
    let left = problem.detail || problem.title || "That did not work.";
    for (const [pointer, text] of Object.entries(problem.errors || {})) {
      const input = element.elements[pointer.split("/")[1]];
      if (!input?.setAttribute) continue;
      input.setAttribute("aria-invalid", "true");
      input.after(h("span.error", {}, text));
      left = problem.title;
    }
    alert.replaceChildren(h("div.alert", {}, left));
    element.querySelector("[aria-invalid]")?.focus();
  }
  return element;
}

export function toast(text, action) {
  const element = h("div.toast", {}, h("span", {}, text));
  if (action) element.append(h("button", { onclick: () => (element.remove(), action.run()) }, action.title));
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), action ? 8000 : 4000);
}

export const when = (text) => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
