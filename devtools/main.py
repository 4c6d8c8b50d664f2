"""Which command does what."""

import os
import subprocess

from devtools import environment, quality, up
from devtools.environment import ROOT, STATE
from devtools.processes import end_all
from devtools.say import Refusal, say

HELP = """./dev up                 set everything up and run what the Procfile says
./dev test [ARGUMENTS]   the test suite, on a PostgreSQL and Redis of its own
./dev check              lint, types, layers, stages, migrations, OpenAPI
./dev fuzz               the API against a fuzzer, at length
./dev bench [api|sockets]  speed, side by side with others
./dev flask …            a flask command in this environment
./dev lock               write requirements*.txt anew
./dev stop               end what an earlier run has left"""


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
    }
    if command not in commands:
        print(HELP)
        return 0 if command in {"help", "-h", "--help"} else 2
    try:
        return commands[command]()
    except Refusal as refusal:
        say("dev", str(refusal))
        return 1
    except KeyboardInterrupt:
        return 130


def setup() -> int:
    environment.ensure("local")
    return 0


def flask(arguments: list[str]) -> int:
    environment.ensure("local")
    return subprocess.run(["flask", *arguments], cwd=ROOT, env=environment.variables(), check=False).returncode


def stop() -> int:
    ended = sum(end_all(path) for path in STATE.glob("*.json"))  # their supervisors notice, and end
    say("dev", f"ended {ended} processes")
    return 0


def lock() -> int:
    """Needs uv. Old versions in the files are kept as far as they still fit."""
    for kind in ("", "-local", "-dev"):
        command = ["uv", "pip", "compile", f"requirements{kind}.in", "-o", f"requirements{kind}.txt", "--generate-hashes", "--universal",
                   "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "-q"]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ, PIP_FIND_LINKS="", UV_FIND_LINKS=""), check=False)
        if done.returncode:
            return done.returncode
    return 0
