"""`./dev test`, `check`, `fuzz` and `bench`."""

import concurrent.futures
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from devtools import environment, stores
from devtools.environment import PYTHON, ROOT
from devtools.processes import Processes
from devtools.say import say


def with_stores(name: str, command: list[str], **more: str) -> int:
    """Run a command with a PostgreSQL and a Redis of its own, which are thrown away afterwards."""
    environment.ensure("dev")
    folder = Path(tempfile.mkdtemp(prefix=f"z2h-{name}-"))
    folder.chmod(0o755)
    processes = Processes(f"{name}-{os.getpid()}")
    processes.guard()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        database = stores.start_postgres(processes, folder / "postgres", quick=True)
        redis = stores.start_redis(processes, folder, quick=True)
        stores.wait_for(database, processes)
        stores.wait_for(redis, processes)
        tools = {"TEST_POSTGRES_BIN": str(environment.postgres_bin()), "TEST_REDIS_SERVER": environment.redis_server()}
        urls = {"TEST_DATABASE_URL": database, "TEST_REDIS_URL": redis, "DATABASE_URL": database, "REDIS_URL": redis}
        return subprocess.run(command, cwd=ROOT, env=environment.variables(**urls, **tools, **more), check=False).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        processes.stop()
        shutil.rmtree(folder, ignore_errors=True)


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
}


def check() -> int:
    environment.ensure("dev")
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
