// Express with pg and jsonwebtoken.
const { Pool } = require("pg");
const jwt = require("jsonwebtoken");
const express = require("express");
const pool = new Pool({ connectionString: process.env.BENCH_DSN, max: 10 });
const COLUMNS = "id, title, description, status, priority, due_at, created_at, updated_at";
const app = express();
app.use(express.json());
app.use((request, response, next) => {
  try { request.user = +jwt.verify((request.headers.authorization || "").slice(7), process.env.BENCH_SECRET, { algorithms: ["HS256"] }).sub; next(); } catch { response.status(401).json({}); }
});
const ask = async (text, values) => (await pool.query(text, values)).rows;
app.get("/tasks", async (request, response) => response.json(await ask(`select ${COLUMNS} from bench_tasks where owner_id = $1 order by id limit 20`, [request.user])));
app.get("/tasks/:id", async (request, response) => {
  const [found] = await ask(`select ${COLUMNS} from bench_tasks where id = $1 and owner_id = $2`, [request.params.id, request.user]);
  return found ? response.json(found) : response.status(404).json({});
});
app.post("/tasks", async (request, response) => {
  const b = request.body;
  if (typeof b?.title !== "string" || !b.title || b.title.length > 200 || !["todo", "doing", "done"].includes(b.status) || !(b.priority >= 0 && b.priority <= 5)) return response.status(422).json({});
  const [made] = await ask(`insert into bench_tasks(owner_id, title, description, status, priority) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`, [request.user, b.title, b.description || "", b.status, b.priority]);
  return response.status(201).json(made);
});
app.listen(+process.env.PORT, "127.0.0.1");
