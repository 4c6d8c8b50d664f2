"""`./dev up`: the stores, the release step, and what the Procfile says."""

import os
import signal
import subprocess
import time

from devtools import environment, stores
from devtools.environment import ROOT, STATE
from devtools.processes import Processes, end_all, supervised
from devtools.say import Refusal, say


def procfile() -> dict[str, str]:
    """The one truth for what runs: name → command."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name.strip(): command.strip() for name, _, command in (line.partition(":") for line in lines) if command}


def up() -> int:
    environment.ensure("local")
    port = int(os.environ.get("PORT", "8000"))
    if supervised(STATE / "up.json"):
        raise Refusal("It is running already, started by another ./dev up here. ./dev stop ends it.")
    if left := end_all(STATE / "up.json"):
        say("dev", f"ended {left} processes of an earlier run")
    if stores.taken(port):
        raise Refusal(f"Port {port} is busy. Stop what uses it, or choose another: PORT={port + 1} ./dev up")
    processes = Processes("up")
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: processes.ended.set())
    processes.guard()
    try:
        run(processes, port)
    finally:
        began = time.monotonic()
        processes.stop()
        say("dev", f"stopped in {time.monotonic() - began:.1f} s")
    return 0


def run(processes: Processes, port: int) -> None:
    urls = {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or stores.start_postgres(processes, STATE / "postgres"),
        "REDIS_URL": os.environ.get("REDIS_URL") or stores.start_redis(processes, STATE),
    }
    for name, url in urls.items():
        if not os.environ.get(name):
            stores.wait_for(url, processes)
    env = environment.variables(PORT=str(port), **urls)
    commands = procfile()
    step(commands.pop("release"), env)
    for name, command in commands.items():
        processes.start(name, f"exec {command}", env=env)
    people = step("flask --app wsgi demo", env)
    wait_until_ready(processes, port)
    address = f"http://127.0.0.1:{port}"
    say("dev", f"console   {address}/")
    say("dev", f"API docs  {address}/docs   (document: {address}/openapi.json)")
    for person in people:
        say("dev", f"sign in   {person}")
    say("dev", "Ctrl-C stops everything")
    while not processes.ended.wait(0.5):
        pass


def step(command: str, env: dict[str, str]) -> list[str]:
    """Run a command that must succeed; the lines it printed."""
    done = subprocess.run(command, shell=True, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"`{command}` failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
    return done.stdout.strip().splitlines()


def wait_until_ready(processes: Processes, port: int) -> None:
    deadline = time.monotonic() + 30
    while not stores.taken(port) and time.monotonic() < deadline:
        if processes.ended.wait(0.05):
            raise Refusal("The service ended while it was starting; its last lines are above.")
