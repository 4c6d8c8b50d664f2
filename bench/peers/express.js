// Express with pg and jsonwebtoken.
const { Pool } = require("pg");
const jwt = require("jsonwebtoken");
const express = require("express");
const pool = new Pool({ connectionString: process.env.BENCH_DSN, max: 10 });
const COLUMNS = "id, project_id, parent_id, title, notes, status, priority, due_at, due_zone, tags, position, assignee_id, recurrence, completed_at, deleted_at, created_by, version, created_at, updated_at";
const MINE = "project_id in (select project_id from tasks_member where user_id = $2)";
const app = express();
app.use(express.json());
app.use((request, response, next) => {
  try { request.user = jwt.verify((request.headers.authorization || "").slice(7), process.env.BENCH_SECRET, { algorithms: ["HS256"] }).sub; next(); } catch { response.status(401).json({}); }
});
const ask = async (text, values) => (await pool.query(text, values)).rows;
app.get("/projects/:id/tasks", async (request, response) => response.json(await ask(`select ${COLUMNS} from tasks_task where project_id = $1 and deleted_at is null and ${MINE} order by position, id limit 20`, [request.params.id, request.user])));
app.get("/tasks/:id", async (request, response) => {
  const [found] = await ask(`select ${COLUMNS} from tasks_task where id = $1 and deleted_at is null and ${MINE}`, [request.params.id, request.user]);
  return found ? response.json(found) : response.status(404).json({});
});
app.post("/projects/:id/tasks", async (request, response) => {
  const b = request.body;
  if (typeof b?.title !== "string" || !b.title || b.title.length > 500 || !["todo", "doing", "done"].includes(b.status) || !(b.priority >= 0 && b.priority <= 4)) return response.status(422).json({});
  const [made] = await ask(`insert into tasks_task (id, project_id, title, notes, status, priority, tags, position, created_by) select uuidv7(), project_id, $3, $4, $5, $6, '{}', $7, user_id from tasks_member where project_id = $1 and user_id = $2 and role in ('owner', 'editor') returning ${COLUMNS}`, [request.params.id, request.user, b.title, b.notes || "", b.status, b.priority, "z" + process.hrtime.bigint()]);
  return made ? response.status(201).json(made) : response.status(404).json({});
});
app.listen(+process.env.PORT, "127.0.0.1");
