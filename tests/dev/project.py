"""A tiny project in a folder of its own that `./dev` runs: quick to start, and free to be broken."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent

WEB = """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}).encode())
    def log_message(self, *_):
        pass

print("web is here", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
WORKER = "import time; print('worker is here', flush=True); time.sleep(60)"
RELEASE = "open('releases', 'a').write('.')"
FLASK = "#!/bin/sh\necho 'ada@example.com  a password'\n"
PYTEST = """
import os, subprocess, time
subprocess.Popen(["sleep", "60"], start_new_session=True)
open("tested", "w").write(os.environ["TEST_DATABASE_URL"])
time.sleep(60)
"""


class Project:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="z2h-project-"))
        self.folder.chmod(0o755)  # PostgreSQL may run as another user
        shutil.copy(ROOT / "dev", self.folder)
        shutil.copytree(ROOT / "devtools", self.folder / "devtools", ignore=shutil.ignore_patterns("__pycache__"))
        self.write("Procfile", "release: python release.py\nweb: python web.py\nworker: python worker.py\n")
        for name, text in {"web": WEB, "worker": WORKER, "release": RELEASE, "pytest": PYTEST}.items():
            self.write(f"{name}.py", text)
        for kind in ("local", "dev"):
            self.write(f"requirements-{kind}.txt", "")
        self.port = free_port()
        self.log = self.folder / "log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def install(self) -> "Project":
        """As after a first run: an environment that holds what the lock names, which is nothing."""
        made = "from devtools import environment as e; e.make(); e.remember('local'); e.remember('dev')"
        subprocess.run([sys.executable, "-c", made], cwd=self.folder, check=True, timeout=60)
        self.write(".venv/bin/flask", FLASK).chmod(0o755)
        return self

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "PORT"}}
        return {**kept, "PORT": str(self.port), **more}

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "dev", *arguments]
        env = self.environment(**more)
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=60, check=False)

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[bytes]":
        with self.log.open("wb") as log:
            command = [sys.executable, "dev", *arguments]
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def up(self, **more: str) -> "subprocess.Popen[bytes]":
        """`./dev up`, running."""
        process = self.start("up", **more)
        until(lambda: "Ctrl-C stops everything" in self.said() or process.poll() is not None)
        assert process.poll() is None, self.said()
        return process

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def listed(self) -> list[dict]:
        return json.loads((self.folder / ".dev" / "up.json").read_text())["entries"]

    def left(self) -> list[str]:
        """Processes that belong to this project and still run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                about = [*process.cmdline(), process.cwd(), *process.environ().values()]
                if any(str(self.folder) in text for text in about):
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
            except psutil.Error:
                continue
        return found

    def end(self) -> None:
        self.run("stop")
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
        until(lambda: not self.left())
        shutil.rmtree(self.folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(check, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
