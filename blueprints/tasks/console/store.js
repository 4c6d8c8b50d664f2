// The tasks of one project, as far as they are known. Answers and live changes arrive in any order: the higher version
// wins, and what is deleted stays here with its version, or an older answer would bring it back.
const TICK = 30;
const MANY = 10;

export function createStore({ api, backoff }, projectId, onchange) {
  const tasks = new Map();
  const stale = new Set();
  let timer = null, reading = false, failures = 0, closed = false;

  function put(task) {
    if (accept(task)) tell([task.id]);
  }

  function accept(task) {
    if (tasks.get(task.id)?.version >= task.version) return false;
    tasks.set(task.id, task);
    return true;
  }

  const tell = (fresh) => { if (!closed) onchange(fresh); };

  // What has no answer that says so, but is known to be deleted.
  function bury(ids) {
    ids.filter((id) => tasks.has(id)).forEach((id) => tasks.set(id, { ...tasks.get(id), deleted_at: "unknown" }));
    tell([]);
  }

  // Something about these tasks is new on the server.
  function touch(ids) {
    ids.forEach((id) => stale.add(id));
    wake(TICK);
  }

  function wake(delay) {
    if (!timer && !reading && !closed) timer = setTimeout(read, delay);
  }

  async function read() {
    const ids = [...stale];
    stale.clear();
    reading = true;
    let problem = null;
    if (ids.length > Math.max(MANY, tasks.size / 100)) {
      problem = await load().then(() => null, (refusal) => refusal);
      if (problem) ids.forEach((id) => stale.add(id));
    } else {
      await Promise.all(ids.map((id) => readOne(id).catch((refusal) => { problem = refusal; stale.add(id); })));
    }
    timer = null;
    reading = false;
    failures = problem ? failures + 1 : 0;
    if (stale.size) wake(problem ? backoff(failures, problem) : TICK);
  }

  async function readOne(id) {
    try {
      put(await api.get(`tasks/tasks/${id}`));
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      bury([id]);
    }
  }

  async function load() {
    const before = new Map([...tasks].map(([id, task]) => [id, task.version]));
    const found = await api.all(`tasks/projects/${projectId}/tasks`);
    found.forEach((task) => before.delete(task.id));
    found.forEach(accept);
    // Unless an answer has come meanwhile that is newer than the list.
    bury([...before.keys()].filter((id) => tasks.get(id).version === before.get(id)));
  }

  return {
    put, bury, touch, load, readOne,
    get: (id) => tasks.get(id),
    all: () => [...tasks.values()].filter((task) => task.deleted_at === null),
    close() { closed = true; clearTimeout(timer); },
  };
}
