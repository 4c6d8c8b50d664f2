export const STATES = { todo: "To do", doing: "Doing", done: "Done" };
export const PRIORITIES = ["none", "low", "medium", "high", "urgent"];
