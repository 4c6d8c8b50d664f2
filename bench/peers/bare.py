"""The floor in Python: a bare WSGI function, one prepared statement, PyJWT, no framework."""

import os
import queue

import jwt
import orjson
import psycopg

COLUMNS = "id, title, description, status, priority, due_at, created_at, updated_at"
NAMES = COLUMNS.split(", ")
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
        user = int(jwt.decode(environ.get("HTTP_AUTHORIZATION", "")[7:], os.environ["BENCH_SECRET"], algorithms=["HS256"])["sub"])
    except jwt.PyJWTError:
        return answer("401 Unauthorized", b"{}")
    path = environ["PATH_INFO"]
    if path == "/tasks" and environ["REQUEST_METHOD"] == "POST":
        data = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if not (isinstance(data["title"], str) and 1 <= len(data["title"]) <= 200 and 0 <= data["priority"] <= 5):
            return answer("422 Unprocessable Content", b"{}")
        sql = f"insert into bench_tasks(owner_id, title, description, status, priority) values (%s, %s, %s, %s, %s) returning {COLUMNS}"
        return answer(
            "201 Created", orjson.dumps(ask(sql, (user, data["title"], data.get("description", ""), data["status"], data["priority"]))[0])
        )
    if path == "/tasks":
        return answer("200 OK", orjson.dumps(ask(f"select {COLUMNS} from bench_tasks where owner_id = %s order by id limit 20", (user,))))
    found = ask(f"select {COLUMNS} from bench_tasks where id = %s and owner_id = %s", (int(path[7:]), user))
    return answer("200 OK", orjson.dumps(found[0])) if found else answer("404 Not Found", b"{}")
