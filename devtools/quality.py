"""`./dev test`, `check`, `fuzz` and `bench`."""

import concurrent.futures
import os
import subprocess
import time

from devtools import environment, stores
from devtools.environment import PYTHON, ROOT
from devtools.processes import Processes
from devtools.say import say


def with_stores(name: str, command: list[str], **more: str) -> int:
    """Run a command with a PostgreSQL and a Redis of its own, which are thrown away afterwards."""
    folder = stores.throwaway(name)
    with Processes(f"{name}-{os.getpid()}", throwaway=folder) as processes:
        environment.ensure("dev")
        urls = stores.start(processes, folder, quick=True)
        tests = {f"TEST_{kind}": url for kind, url in urls.items()}
        tools = {"TEST_POSTGRES_BIN": str(stores.postgres_bin()), "TEST_REDIS_SERVER": stores.redis_server()}
        if processes.ended.is_set():
            return 130
        return processes.foreground(command, environment.variables(**urls, **tests, **tools, **more))


def test(arguments: list[str]) -> int:
    workers = os.environ.get("TEST_WORKERS") or str(max(2, os.cpu_count() or 2))
    return with_stores("test", [str(PYTHON), "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments])


def fuzz(arguments: list[str]) -> int:
    return with_stores("fuzz", [str(PYTHON), "-m", "pytest", "tests/fuzz", "-p", "no:xdist", *arguments], FUZZ="long")


def bench(arguments: list[str]) -> int:
    name, *more = arguments or ["api"]
    return with_stores("bench", [str(PYTHON), "-m", f"bench.{name}", *more])


CHECKS = {
    "lint": "ruff check .",
    "format": "ruff format --check .",
    "types": "basedpyright --level error",
    "layers": "lint-imports",
    "stages": "flask --app wsgi stages check",
    "drift": "flask --app wsgi db upgrade && flask --app wsgi db check",
    "openapi": "python -m devtools.openapi",
    "docs": "flask --app wsgi stages docs --check",
}


def check() -> int:
    return with_stores("check", [str(PYTHON), "-m", "devtools.quality"])


def run_checks() -> int:
    """Each check with its verdict, two side by side; what a failing one printed."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, done, seconds in pool.map(run_check, CHECKS.items()):
            say("check", f"{name:8} {'ok' if done.returncode == 0 else 'FAILED'}  {seconds:.1f} s")
            if done.returncode:
                failed += 1
                print(done.stdout[-6000:], flush=True)
    return 1 if failed else 0


def run_check(item: tuple[str, str]) -> tuple[str, "subprocess.CompletedProcess[str]", float]:
    name, command = item
    began = time.monotonic()
    done = subprocess.run(command, shell=True, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return name, done, time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(run_checks())
