export function mount(element) { element.textContent = "Loyalty"; }
