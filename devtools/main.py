"""Which command does what."""

import os
import signal
import subprocess
import time

from devtools import environment, processes, quality, stores, up
from devtools.environment import ROOT, STATE
from devtools.processes import Processes
from devtools.say import Refusal, say

HELP = """./dev up                 set everything up and run what the Procfile says
./dev test [ARGUMENTS]   the test suite, on a PostgreSQL and Redis of its own
./dev check              lint, types, layers, stages, migrations, OpenAPI, reference
./dev fuzz               the API against a fuzzer, at length
./dev bench api|sockets  speed, side by side with others
./dev flask …            a flask command, on the data of ./dev up
./dev lock               write requirements*.txt anew
./dev stop               end what runs here"""


def run(arguments: list[str]) -> int:
    command, *rest = arguments or ["help"]
    commands = {
        "up": lambda: up.up(),
        "test": lambda: quality.test(rest),
        "check": quality.check,
        "fuzz": lambda: quality.fuzz(rest),
        "bench": lambda: quality.bench(rest),
        "flask": lambda: flask(rest),
        "lock": lock,
        "stop": stop,
        "setup": setup,
        "_guard": lambda: processes.guard(int(rest[0]), STATE / rest[1]),
    }
    if command not in commands:
        print(HELP)
        return 0 if command in {"help", "-h", "--help"} else 2
    try:
        return commands[command]()
    except Refusal as refusal:
        say("dev", str(refusal))
        return 1
    except PermissionError as error:
        if not str(error.filename or "").startswith(str(ROOT)):
            raise
        say("dev", f"{error.filename} belongs to another user: was ./dev run as root before? Give it back with chown, or remove it.")
        return 1
    except KeyboardInterrupt:
        return 130


def setup() -> int:
    """Everything that needs the network, so that later commands do not."""
    environment.ensure("local")
    stores.redis_server()
    return 0


def flask(arguments: list[str]) -> int:
    """On the stores of the `./dev up` that is running, or else on the same data without it."""
    environment.ensure("local")
    command = [str(environment.VENV / "bin" / "flask"), *arguments]
    if urls := processes.urls_of(STATE / "up.json"):
        return subprocess.run(command, cwd=ROOT, env=environment.variables(**urls), check=False).returncode
    with Processes("up", exclusive=True) as own:
        urls = stores.start(own, STATE)
        return own.foreground(command, environment.variables(**urls))


def stop() -> int:
    """Ask the runs of this folder to end, and end what is left of those that were killed."""
    ended = 0
    for listed in STATE.glob("*.json"):
        if pid := processes.supervised(listed):
            try:
                os.kill(pid, signal.SIGTERM)
            except PermissionError:
                raise Refusal(f"Process {pid} belongs to another user, who has to stop it.") from None
            deadline = time.monotonic() + 2 * processes.GRACE + 5
            while listed.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            ended += 1
        ended += processes.end_all(listed)
    say("dev", "stopped what was running" if ended else "nothing was running")
    return 0


def lock() -> int:
    """Needs uv. Old versions in the files are kept as far as they still fit."""
    uv = environment.find_uv()
    if uv is None:
        raise Refusal("This needs uv on the PATH.")
    for kind in ("", "-local", "-dev"):
        command = [uv, "pip", "compile", f"requirements{kind}.in", "-o", f"requirements{kind}.txt", "--generate-hashes", "--universal",
                   "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "-q"]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, env={**environment.uv_settings(), "UV_FIND_LINKS": ""}, check=False)
        if done.returncode:
            return done.returncode
    return 0
