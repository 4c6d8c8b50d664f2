"""`./dev bench api`: get one, list twenty, post one — ours with everything on, against peers doing the bare work.

One run, one PostgreSQL, the same number of rows. Needs wrk (Debian: apt-get install wrk) and, for the Node peers, npm.
CPU is that of the server's processes; the ratio is what to read, machines are noisy.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jwt
import sqlalchemy as sa

from bench.processes import Server, pinned

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".bench"
PEERS = ROOT / "bench" / "peers"
SECRET = "a secret for benchmarks that is long enough"
PEOPLE, TASKS = 100, 200
REQUESTS = ("get", "list", "post")
BODY = '{"title": "Buy milk", "notes": "two litres of it", "status": "todo", "priority": 2}'
FASTAPI = ["fastapi==0.121.0", "uvicorn[standard]==0.38.0", "sqlalchemy[asyncio]==2.0.44", "asyncpg==0.30.0", "pyjwt==2.10.1"]
DRF = ["django==5.2.8", "djangorestframework==3.16.1", "psycopg[binary]==3.2.12", "pyjwt==2.10.1", "gunicorn==23.0.0", "gevent==25.9.1"]
GOALS = {"fastapi": (0.5, REQUESTS), "express": (0.8, REQUESTS), "bare": (2.0, REQUESTS), "fastify": (1.2, ("list",))}


TASKS_OF_A_PROJECT = sa.text(
    "insert into tasks_task (id, project_id, title, notes, status, priority, due_at, tags, position, created_by)"
    " select gen_random_uuid(), :p, 'Task number ' || g, 'Some words about it', 'todo', g % 5, now(), '{}', 'A' || lpad(g::text, 6, '0') || 'V', :u"
    " from generate_series(1, :n) g"
)


class Person(NamedTuple):
    ours: str
    theirs: str
    project: str
    task: str


def install() -> dict[str, list[str]]:
    """Commands of the peers that can run here."""
    HOME.mkdir(exist_ok=True)
    gunicorn = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "--keep-alive", "30", "-b", "127.0.0.1:{port}"]
    found = {"bare": [*gunicorn, "bench.peers.bare:app"]}
    fastapi = environment("fastapi", FASTAPI)
    found["fastapi"] = [fastapi, "-m", "uvicorn", "bench.peers.fast:app", "--port", "{port}", "--no-access-log", "--log-level", "warning"]
    drf = environment("drf", DRF)
    found["drf"] = [
        drf,
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "--threads",
        "8",
        "--keep-alive",
        "30",
        "-b",
        "127.0.0.1:{port}",
        "bench.peers.drf:app",
    ]
    if shutil.which("npm"):
        if not (HOME / "node_modules").exists():
            shutil.copy(PEERS / "package.json", HOME)
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=HOME, check=True)
        for name in ("express", "fastify"):
            shutil.copy(PEERS / f"{name}.js", HOME)
            found[name] = ["node", str(HOME / f"{name}.js")]
    else:
        print("npm is not here: express and fastify are left out")
    return found


def environment(name: str, packages: list[str]) -> str:
    """The Python of a virtual environment with these packages, made once."""
    python = HOME / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return str(python)


def seed(env: Mapping[str, str]) -> list[Person]:
    """People with a project of 200 tasks each, which all stacks serve."""
    os.environ.update(env)
    from flask_migrate import upgrade

    from app import accounts, create_app
    from app.access import Actor
    from app.auth import start
    from app.db import unit_of_work
    from app.extensions import db
    from blueprints.tasks.service import projects, tasks

    found = []
    app = create_app({"LOG_LEVEL": "warning"})
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"), revision="heads")
        for _ in range(PEOPLE):
            with unit_of_work():
                user = accounts.create(f"{uuid.uuid4().hex}@example.com", "Bench", None)
                me = Actor(user.id)
                project = projects.create({"name": "Bench", "notes": ""}, by=me)
                ours = start(user, "bench", "127.0.0.1").access_token
                task = tasks.create(project.id, {"title": "Task", "notes": "Some words about it", "priority": 2}, by=me)
                db.session.execute(TASKS_OF_A_PROJECT, {"p": project.id, "u": user.id, "n": TASKS})
                theirs = jwt.encode({"sub": str(user.id), "exp": int(time.time()) + 36_000}, SECRET, "HS256")
                found.append(Person(ours, theirs, str(project.id), str(task.id)))
        db.session.execute(sa.text("analyze"))
    return found


def script(kind: str, people: list[Person], us: bool) -> str:
    """A wrk script that walks over the people."""
    prefix = "/api/v1/tasks" if us else ""
    method, body = ("POST", BODY) if kind == "post" else ("GET", "")
    table = ",\n".join(
        f'wrk.format("{method}", "{prefix}{path_of(kind, person)}", {{["Authorization"]="Bearer {person.ours if us else person.theirs}",'
        f'["Content-Type"]="application/json"}}, [[{body}]])'
        for person in people
    )
    return (
        f"local r, n = nil, 0\nlocal function make() r = {{\n{table}\n}} end\n"
        "request = function() if not r then make() end n = n % #r + 1 return r[n] end\n"
        'done = function(s, l) io.write(string.format("RESULT %d %d %d %d\\n", s.requests, s.duration, l:percentile(95), s.errors.status)) end\n'
    )


def path_of(kind: str, person: Person) -> str:
    return f"/tasks/{person.task}" if kind == "get" else f"/projects/{person.project}/tasks"


def measure(server: Server, port: int, lua: Path, seconds: int) -> tuple[float, float, float, int]:
    """Requests/s, p95 in ms, CPU-µs per request, answers that were no success."""
    command = pinned(1, ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(lua), f"http://127.0.0.1:{port}"])
    before = server.cpu()
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = server.cpu() - before
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", shown)
    assert found, shown
    count, duration, p95, bad = map(int, found.groups())
    return count / (duration / 1e6), p95 / 1000, used / max(count, 1) * 1e6, bad


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench api")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not here: apt-get install wrk")
        return 1
    dsn = os.environ["DATABASE_URL"]
    env = {**os.environ, "BENCH_DSN": dsn, "DATABASE_URL": f"{dsn}?connect_timeout=5", "REDIS_URL": os.environ["REDIS_URL"].replace("/0", "/1"), "BENCH_SECRET": SECRET, "PYTHONPATH": str(ROOT), "RATE_LIMIT": "100000000/minute", "ACCESS_TOKEN_SECONDS": "3600", "WEB_CONCURRENCY": "1",
           "NODE_PATH": str(HOME / "node_modules"), "NODE_ENV": "production", "APP_ENV": "production", "SECRET_KEY": SECRET, "JWT_KEYS": SECRET, "HOST": "127.0.0.1"}  # fmt: skip
    stacks = {**install(), "ours": [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]}
    if given.only:
        stacks = {name: stacks[name] for name in given.only.split(",")}
    people = seed(env)
    results: dict[tuple[str, str], list[tuple[float, float, float, int]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in REQUESTS:
            for us in (True, False):
                (Path(folder) / f"{kind}-{us}.lua").write_text(script(kind, people, us))
        for _ in range(given.rounds):
            for number, (name, command) in enumerate(stacks.items()):
                port = 25_100 + number
                server = Server(
                    [part.replace("{port}", str(port)) for part in command],
                    {**env, "PORT": str(port)},
                    str(ROOT if name == "ours" else HOME),
                )
                us = name == "ours"
                try:
                    token, prefix = (people[0].ours, "/api/v1/tasks") if us else (people[0].theirs, "")
                    server.wait(f"http://127.0.0.1:{port}{prefix}{path_of('get', people[0])}", {"Authorization": f"Bearer {token}"})
                    for kind in REQUESTS:
                        lua = Path(folder) / f"{kind}-{us}.lua"
                        measure(server, port, lua, 1)
                        results.setdefault((name, kind), []).append(measure(server, port, lua, given.seconds))
                finally:
                    server.stop()
    report(stacks, results)
    return 0


def report(stacks, results) -> None:
    middle = {key: [statistics.median(column) for column in zip(*rows, strict=True)] for key, rows in results.items()}
    print(f"{'':10}" + "".join(f"{kind + ' req/s':>14}{'p95 ms':>9}{'CPU µs':>9}{'wrong':>7}" for kind in REQUESTS))
    for name in stacks:
        print(f"{name:10}" + "".join("{:14.0f}{:9.1f}{:9.0f}{:7.0f}".format(*middle[name, kind]) for kind in REQUESTS))
    for peer, (goal, kinds) in GOALS.items():
        for kind in kinds:
            if (peer, kind) in middle and ("ours", kind) in middle:
                ratio = middle["ours", kind][2] / middle[peer, kind][2]
                print(f"CPU ours / {peer:8} {kind:5} {ratio:5.2f}  (goal ≤ {goal})  {'reached' if ratio <= goal else 'NOT reached'}")


if __name__ == "__main__":
    raise SystemExit(main())
