"""The floor in Python: a bare WSGI function, one prepared statement, PyJWT, no framework."""

import os
import queue
import time

import jwt
import orjson
import psycopg

NAMES = [
    "id",
    "project_id",
    "parent_id",
    "title",
    "notes",
    "status",
    "priority",
    "due_at",
    "due_zone",
    "tags",
    "position",
    "assignee_id",
    "recurrence",
    "completed_at",
    "deleted_at",
    "created_by",
    "version",
    "created_at",
    "updated_at",
]
COLUMNS = ", ".join(NAMES)
MINE = "project_id in (select project_id from tasks_member where user_id = %(user)s)"
GET = f"select {COLUMNS} from tasks_task where id = %(task)s and deleted_at is null and {MINE}"
LIST = f"select {COLUMNS} from tasks_task where project_id = %(project)s and deleted_at is null and {MINE} order by position, id limit 20"
POST = (
    "insert into tasks_task (id, project_id, title, notes, status, priority, tags, position, created_by)"
    " select uuidv7(), project_id, %(title)s, %(notes)s, %(status)s, %(priority)s, '{}', %(position)s, user_id from tasks_member"
    f" where project_id = %(project)s and user_id = %(user)s and role in ('owner', 'editor') returning {COLUMNS}"
)
pool: queue.LifoQueue = queue.LifoQueue()


def ask(sql, values):
    try:
        connection = pool.get_nowait()
    except queue.Empty:
        connection = psycopg.connect(os.environ["BENCH_DSN"], autocommit=True, prepare_threshold=1)
    try:
        return [dict(zip(NAMES, row, strict=True)) for row in connection.execute(sql, values).fetchall()]
    finally:
        pool.put(connection)


def app(environ, start):
    def answer(status, body):
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    try:
        user = jwt.decode(environ.get("HTTP_AUTHORIZATION", "")[7:], os.environ["BENCH_SECRET"], algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        return answer("401 Unauthorized", b"{}")
    _, kind, which, *_ = environ["PATH_INFO"].split("/")
    if kind == "tasks":
        found = ask(GET, {"task": which, "user": user})
        return answer("200 OK", orjson.dumps(found[0])) if found else answer("404 Not Found", b"{}")
    if environ["REQUEST_METHOD"] == "GET":
        return answer("200 OK", orjson.dumps(ask(LIST, {"project": which, "user": user})))
    data = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    if not (isinstance(data["title"], str) and 1 <= len(data["title"]) <= 500 and 0 <= data["priority"] <= 4):
        return answer("422 Unprocessable Content", b"{}")
    values = {**data, "project": which, "user": user, "position": f"z{time.time_ns()}"}
    made = ask(POST, values)
    return answer("201 Created", orjson.dumps(made[0])) if made else answer("404 Not Found", b"{}")
