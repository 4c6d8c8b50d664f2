// Fastify with pg: schemas, prepared statements, fast-jwt.
const { Pool } = require("pg");
const { createVerifier } = require("fast-jwt");
const pool = new Pool({ connectionString: process.env.BENCH_DSN, max: 10 });
const verify = createVerifier({ key: process.env.BENCH_SECRET, algorithms: ["HS256"] });
const COLUMNS = "id, project_id, parent_id, title, notes, status, priority, due_at, due_zone, tags, position, assignee_id, recurrence, completed_at, deleted_at, created_by, version, created_at, updated_at";
const MINE = "project_id in (select project_id from tasks_member where user_id = $2)";
const text = { type: "string" }, maybe = { type: ["string", "null"] }, time = { type: ["string", "null"], format: "date-time" };
const task = { type: "object", properties: { id: text, project_id: text, parent_id: maybe, title: text, notes: text, status: text, priority: { type: "integer" }, due_at: time, due_zone: maybe, tags: { type: "array", items: text }, position: text, assignee_id: maybe, recurrence: maybe, completed_at: time, deleted_at: time, created_by: maybe, version: { type: "integer" }, created_at: time, updated_at: time } };
const params = { type: "object", properties: { id: { type: "string", format: "uuid" } } };
const body = { type: "object", required: ["title"], properties: { title: { type: "string", minLength: 1, maxLength: 500 }, notes: { type: "string", maxLength: 20000, default: "" }, status: { enum: ["todo", "doing", "done"], default: "todo" }, priority: { type: "integer", minimum: 0, maximum: 4, default: 0 } } };
const app = require("fastify")();
app.addHook("onRequest", async (request, reply) => {
  try { request.user = verify((request.headers.authorization || "").slice(7)).sub; } catch (error) { reply.code(401); throw error; }
});
const ask = async (name, text, values) => (await pool.query({ name, text, values })).rows;
app.get("/projects/:id/tasks", { schema: { params, response: { 200: { type: "array", items: task } } } }, (request) => ask("list", `select ${COLUMNS} from tasks_task where project_id = $1 and deleted_at is null and ${MINE} order by position, id limit 20`, [request.params.id, request.user]));
app.get("/tasks/:id", { schema: { params, response: { 200: task } } }, async (request, reply) => (await ask("get", `select ${COLUMNS} from tasks_task where id = $1 and deleted_at is null and ${MINE}`, [request.params.id, request.user]))[0] || reply.code(404).send({}));
app.post("/projects/:id/tasks", { schema: { params, body, response: { 201: task } } }, async (request, reply) => {
  const b = request.body;
  const [made] = await ask("post", `insert into tasks_task (id, project_id, title, notes, status, priority, tags, position, created_by) select uuidv7(), project_id, $3, $4, $5, $6, '{}', $7, user_id from tasks_member where project_id = $1 and user_id = $2 and role in ('owner', 'editor') returning ${COLUMNS}`, [request.params.id, request.user, b.title, b.notes, b.status, b.priority, "z" + process.hrtime.bigint()]);
  return made ? reply.code(201).send(made) : reply.code(404).send({});
});
app.listen({ port: +process.env.PORT, host: "127.0.0.1" });
