"""`./dev up`: the stores, the release step, and what the Procfile says."""

import http.client
import os
import time

from devtools import environment, release, stores
from devtools.environment import ROOT, STATE
from devtools.processes import Processes
from devtools.say import Refusal, say


def procfile() -> dict[str, str]:
    """The one truth for what runs: name → command."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    parts = (line.partition(":") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): command.strip() for name, _, command in parts if command}


def up() -> int:
    port = wanted_port()
    with Processes("up", exclusive=True) as processes:
        environment.ensure("local")
        if stores.answers(port) or stores.free_port(port) != port:
            raise Refusal(f"Port {port} is busy. Stop what uses it, or choose another: PORT={port + 1} ./dev up")
        try:
            run(processes, port)
        finally:
            began = time.monotonic()
            say("dev", "stopping")
            processes.stop()
            say("dev", f"stopped in {time.monotonic() - began:.1f} s")
    if processes.failed:
        raise Refusal(f"Everything was stopped because {processes.failed} ended; its last lines are above.")
    return 0


def wanted_port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65_536:
        raise Refusal(f"PORT must be a number from 1 to 65535, not {given!r}.")
    return int(given)


def run(processes: Processes, port: int) -> None:
    began = time.monotonic()
    urls = stores.start(processes, STATE)
    env = environment.variables(PORT=str(port), **urls)
    commands = procfile()
    step = commands.pop("release", None)
    people = release.done_before(urls["DATABASE_URL"])
    if step and people is None:
        processes.step("release", step, env)
    for name, command in commands.items():
        if not processes.ended.is_set():
            processes.start(name, f"exec {command}", env=env)
    if people is None and not processes.ended.is_set():
        people = processes.step("demo", "flask demo", env)
        release.note(urls["DATABASE_URL"], people)
    if wait_until_it_answers(processes, port):
        show(port, people or [], time.monotonic() - began)
        processes.ended.wait()


def wait_until_it_answers(processes: Processes, port: int) -> bool:
    deadline = time.monotonic() + 60
    while not processes.ended.wait(0.05):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/livez")
            connection.getresponse()
            connection.close()
            return True
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise Refusal(f"web did not answer on port {port} within a minute; its last lines are above.") from None
    return False


def show(port: int, people: list[str], seconds: float) -> None:
    address = f"http://127.0.0.1:{port}"
    say("dev", f"running after {seconds:.1f} s")
    say("dev", f"console   {address}/")
    say("dev", f"API docs  {address}/docs   (document: {address}/openapi.json)")
    for person in people:
        say("dev", f"sign in   {person}")
    say("dev", "Ctrl-C stops everything")
