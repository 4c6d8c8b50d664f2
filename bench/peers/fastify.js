// Fastify with pg: schemas, prepared statements, fast-jwt.
const { Pool } = require("pg");
const { createVerifier } = require("fast-jwt");
const pool = new Pool({ connectionString: process.env.BENCH_DSN, max: 10 });
const verify = createVerifier({ key: process.env.BENCH_SECRET, algorithms: ["HS256"] });
const COLUMNS = "id, title, description, status, priority, due_at, created_at, updated_at";
const time = { type: ["string", "null"], format: "date-time" };
const task = { type: "object", properties: { id: { type: "string" }, title: { type: "string" }, description: { type: "string" }, status: { type: "string" }, priority: { type: "integer" }, due_at: time, created_at: time, updated_at: time } };
const body = { type: "object", required: ["title"], properties: { title: { type: "string", minLength: 1, maxLength: 200 }, description: { type: "string", maxLength: 2000, default: "" }, status: { enum: ["todo", "doing", "done"], default: "todo" }, priority: { type: "integer", minimum: 0, maximum: 5, default: 0 } } };
const app = require("fastify")();
app.addHook("onRequest", async (request, reply) => {
  try { request.user = +verify((request.headers.authorization || "").slice(7)).sub; } catch (error) { reply.code(401); throw error; }
});
const ask = async (name, text, values) => (await pool.query({ name, text, values })).rows;
app.get("/tasks", { schema: { response: { 200: { type: "array", items: task } } } }, (request) => ask("list", `select ${COLUMNS} from bench_tasks where owner_id = $1 order by id limit 20`, [request.user]));
app.get("/tasks/:id", { schema: { response: { 200: task } } }, async (request, reply) => (await ask("get", `select ${COLUMNS} from bench_tasks where id = $1 and owner_id = $2`, [request.params.id, request.user]))[0] || reply.code(404).send({}));
app.post("/tasks", { schema: { body, response: { 201: task } } }, async (request, reply) => {
  const b = request.body;
  reply.code(201);
  return (await ask("post", `insert into bench_tasks(owner_id, title, description, status, priority) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`, [request.user, b.title, b.description, b.status, b.priority]))[0];
});
app.listen({ port: +process.env.PORT, host: "127.0.0.1" });
