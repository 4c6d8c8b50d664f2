"""Real processes of the service, to be stopped, killed and frozen."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import requests

from tests import kit

ROOT = Path(__file__).parent.parent
OUTSIDE = str(Path(__file__).parent / "outside")
QUICK = {
    "APP_ENV": "development",
    "ARGON2_MEMORY": "8",
    "ARGON2_TIME": "1",
    "RATE_LIMIT": "off",
    "RATE_LIMIT_SIGN_IN": "off",
    "LOG_LEVEL": "warning",
}


def own_port() -> int:
    """A free port that nobody else who tests will take: each checkout and each process of a test run has a range of its own."""
    first = (
        12_000 + 2_500 * (zlib.crc32(str(ROOT).encode()) % 8) + 500 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    )
    while True:
        port = first + next(_ports) % 500
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


_ports = itertools.count()


def environment(database: str, redis: str, **more: str) -> dict[str, str]:
    path = os.pathsep.join((OUTSIDE, str(ROOT)))
    found = {
        **os.environ,
        **QUICK,
        "DATABASE_URL": database.replace("+psycopg", ""),
        "REDIS_URL": redis,
        "PYTHONPATH": path,
        "FLASK_APP": "wsgi",
    }
    return {**found, **more}


def flask(command: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-m", "flask", *command.split()]
    return subprocess.run(arguments, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


EACH = """
import sys
from app import create_app
app = create_app()
for command in sys.argv[1:]:
    done = app.test_cli_runner().invoke(args=command.split())
    print(f"{command}: {done.exit_code}", flush=True)
    if done.exit_code:
        print(done.output, done.exception, file=sys.stderr)
"""


def flask_each(env: dict[str, str], *commands: str) -> dict[str, int]:
    """The exit code of each flask command, run one after the other in one process: a start of its own takes two seconds."""
    done = subprocess.run(
        [sys.executable, "-c", EACH, *commands], cwd=ROOT, env=env, capture_output=True, text=True, timeout=90, check=False
    )
    codes = {command: int(code) for command, _, code in (line.rpartition(": ") for line in done.stdout.splitlines()) if command in commands}
    assert len(codes) == len(set(commands)), done.stderr
    assert not any(codes.values()), done.stderr
    return codes


class Service:
    """A web process with one worker (or WEB_CONCURRENCY), on a port of its own."""

    def __init__(self, env: dict[str, str]):
        self.env, self.port = env, own_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Service":
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        env = {"WEB_CONCURRENCY": "1", **self.env, "PORT": str(self.port)}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/livez", timeout=1).status_code == 200:
                    return self
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"did not start: {self.output()}")

    def output(self) -> str:
        if self.log.closed:
            return "(ended)"
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def kill(self) -> None:
        """As when the machine dies: the master and its worker, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self) -> float:
        """SIGTERM; the seconds until it had ended."""
        assert self.process is not None
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()
        return time.monotonic() - began


class Worker:
    """A worker process."""

    def __init__(self, env: dict[str, str]):
        self.env, self.log = env, tempfile.TemporaryFile()  # noqa: SIM115
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Worker":
        self.process = subprocess.Popen([sys.executable, "worker.py"], cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log)
        return self

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def end(self) -> None:
        """SIGKILL, if it runs yet."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        self.log.close()


class Caller:
    """Somebody with an account, over the wire."""

    def __init__(self, url: str, email: str, name: str = "Caller"):
        self.url, self.session = url, requests.Session()
        body = {"email": email, "password": kit.PASSWORD, "name": name}
        answer = self.session.post(f"{url}/api/v1/auth/registrations", json=body, timeout=10)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["user"]["id"]
        self.token = answer.json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, *, url: str | None = None, **options: Any) -> requests.Response:
        return self.session.request(method, f"{url or self.url}/api/v1/{path}", timeout=options.pop("timeout", 10), **options)

    def get(self, path: str, **options: Any) -> Any:
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        answer = self.call("POST", path, json=json, **options)
        assert answer.status_code == 201, answer.text
        return answer.json()


def eventually(check, seconds: float = 15) -> None:
    """Wait until `check()` holds."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
