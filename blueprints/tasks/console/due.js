// Due times as <input type="datetime-local"> holds them: wall-clock time here, on the day in question.
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const two = (number) => String(number).padStart(2, "0");

export function toLocal(timestamp) {
  if (!timestamp) return "";
  const at = new Date(timestamp);
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const seconds = at.getSeconds() ? `:${two(at.getSeconds())}` : "";
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
}

export const fromLocal = (text) => (text ? new Date(text).toISOString() : null);
