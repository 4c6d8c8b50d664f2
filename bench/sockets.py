"""`./dev bench sockets`: a room of 1,000 Socket.IO clients — ours, stock Flask-SocketIO under gevent, Node's socket.io.

Deliveries a second while the room is sent bursts, CPU-µs of the server per delivery, memory per idle client, and how
long one message takes to all. The server has one core, the clients the other.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

from bench.api import HOME, PEERS, ROOT, SECRET
from bench.processes import Server
from bench.socket_client import Crowd

FIRST = 20
GOAL_DELIVERIES, GOAL_KB = 2.0, 45.0


class Result(NamedTuple):
    deliveries: float
    """A second, in the best of the bursts."""
    cpu: float
    """CPU-µs of the server per delivery, median of the bursts."""
    memory: float
    """kB per idle client."""
    spread: float
    """ms until one message has reached everybody, 95th percentile."""
    lost: int


def stacks() -> dict[str, list[str]]:
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", os.devnull, "-w", "1", "-b", "127.0.0.1:{port}"]
    found = {
        "ours": [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "bench.peers.room:ours()"],
        "stock": [*gunicorn, "-k", "gevent", "--worker-connections", "4000", "--backlog", "2048", "bench.peers.room:stock()"],
    }
    if shutil.which("npm") is None:
        print("npm is not here: Node's socket.io is left out")
        return found
    HOME.mkdir(exist_ok=True)
    if not (HOME / "node_modules" / "socket.io").exists():
        shutil.copy(PEERS / "package.json", HOME)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=HOME, check=True)
    shutil.copy(PEERS / "room.js", HOME)
    return {**found, "node": ["node", str(HOME / "room.js")]}


def token(env: Mapping[str, str]) -> str:
    """The access token of somebody new."""
    os.environ.update(env)
    from flask_migrate import upgrade

    from app import accounts, create_app
    from app.auth import start
    from app.db import unit_of_work

    app = create_app({"LOG_LEVEL": "warning"})
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"), revision="heads")
        with unit_of_work():
            user = accounts.create(f"room{time.time_ns()}@example.com", "Bench", None)
            return start(user, "bench", "127.0.0.1").access_token


def emit(port: int, count: int) -> threading.Thread:
    thread = threading.Thread(target=lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/emit?n={count}", timeout=60).read())
    thread.start()
    return thread


def measure(server: Server, port: int, credential: str | None, clients: int, burst: int, bursts: int) -> Result:
    server.wait(f"http://127.0.0.1:{port}/emit?n=0", {})
    crowd = Crowd(port, credential)
    # The first few pay for what is loaded once: connections to the database, modules, caches.
    crowd.connect(FIRST)
    empty = server.memory()
    crowd.connect(clients)
    crowd.wait(1 << 60, 1.0)
    memory = (server.memory() - empty) / (clients - FIRST) / 1e3
    rates, costs, lost = [], [], 0
    for _ in range(bursts):
        before, began, used = crowd.events, time.monotonic(), server.cpu()
        sender = emit(port, burst)
        crowd.wait(before + burst * clients, 30)
        took = time.monotonic() - began
        sender.join()
        got = crowd.events - before
        rates.append(got / took)
        costs.append((server.cpu() - used) / max(got, 1) * 1e6)
        lost += burst * clients - got
    spreads = []
    for _ in range(20):
        before, began = crowd.events, time.monotonic()
        sender = emit(port, 1)
        crowd.wait(before + clients, 10)
        spreads.append((time.monotonic() - began) * 1e3)
        sender.join()
    crowd.close()
    return Result(max(rates), statistics.median(costs), memory, statistics.quantiles(spreads, n=20)[18], lost)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench sockets")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--burst", type=int, default=40, help="messages sent to the room at a time")
    parser.add_argument("--bursts", type=int, default=5)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    env = {
        **os.environ, "BENCH_SECRET": SECRET, "PYTHONPATH": str(ROOT), "NODE_PATH": str(HOME / "node_modules"), "NODE_ENV": "production",
        "APP_ENV": "production", "SECRET_KEY": SECRET, "JWT_KEYS": SECRET, "HOST": "127.0.0.1", "WEB_CONCURRENCY": "1", "RATE_LIMIT": "100000000/minute",
        "DATABASE_URL": f"{os.environ['DATABASE_URL']}?connect_timeout=5",
    }  # fmt: skip
    found = stacks()
    names = given.only.split(",") if given.only else list(found)
    credential = token(env)
    # Clients on the other core, like the load of the other benchmarks.
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    results: dict[str, Result] = {}
    for number, name in enumerate(names):
        port = 25_200 + number
        server = Server([part.replace("{port}", str(port)) for part in found[name]], {**env, "PORT": str(port)}, str(ROOT))
        try:
            results[name] = measure(server, port, credential if name == "ours" else None, given.clients, given.burst, given.bursts)
        finally:
            server.stop()
    report(results)
    return 0


def report(results: Mapping[str, Result]) -> None:
    print(f"{'':8}{'deliveries/s':>14}{'CPU µs':>9}{'kB/client':>11}{'one to all p95 ms':>19}{'lost':>6}")
    for name, r in results.items():
        print(f"{name:8}{r.deliveries:14.0f}{r.cpu:9.1f}{r.memory:11.1f}{r.spread:19.1f}{r.lost:6d}")
    if "ours" in results:
        ours = results["ours"]
        print(f"kB per client {ours.memory:5.1f}  (goal ≤ {GOAL_KB:g})  {'reached' if ours.memory <= GOAL_KB else 'NOT reached'}")
        if "node" in results:
            ratio = ours.deliveries / results["node"].deliveries
            reached = "reached" if ratio >= GOAL_DELIVERIES else "NOT reached"
            print(f"deliveries/s ours / node {ratio:5.2f}  (goal ≥ {GOAL_DELIVERIES:g})  {reached}")


if __name__ == "__main__":
    raise SystemExit(main())
