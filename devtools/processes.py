"""Processes that are started here end with us, whatever happens to us.

Each run keeps a list of what it started in .dev, and gives its processes a mark in their environment. A guard in
a session of its own holds one end of a pipe; when the other end closes, because the run ended or was killed, it
ends what is on the list (programs first, stores last) and then whatever else carries the mark.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from devtools import identity
from devtools.environment import ROOT, STATE
from devtools.say import Refusal, say

GRACE = 12.0
"""Seconds that a process has to end by itself; the web server takes up to 9 for its last requests."""


class Processes:
    """The processes of one run. `with` it: what was started inside has ended afterwards.

    ``name`` tells runs apart; an exclusive one is refused while another of its name goes on.
    ``throwaway`` is a folder that goes with the run.
    """

    def __init__(self, name: str, *, exclusive: bool = False, throwaway: Path | None = None):
        STATE.mkdir(exist_ok=True)
        self.ended = threading.Event()
        self.failed = ""
        self.signal = 0
        self._list = STATE / f"{name}.json"
        self._lock = claim(STATE / f"{name}.lock") if exclusive else None
        self._printers: list[threading.Thread] = []
        self._unsaid: dict[str, list[str]] = {}
        self._run: dict[str, Any] = {
            "mark": uuid.uuid4().hex,
            "boot": identity.boot(),
            "supervisor": identity.of(os.getpid()),
            "throwaway": str(throwaway) if throwaway else None,
            "entries": [],
            "urls": {},
        }

    def __enter__(self) -> "Processes":
        for listed in STATE.glob("*.json"):
            if not supervised(listed) and (left := end_all(listed)):
                say("dev", f"ended {left} processes that an earlier run had left")
        self._write()
        self._guard()
        # Not in our own /proc/…/environ, which shows only what we were started with.
        os.environ[identity.MARK] = self._run["mark"]
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if name != signal.SIGHUP or signal.getsignal(name) != signal.SIG_IGN:  # as nohup sets it
                signal.signal(name, self._told)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.ended.set()
        end_all(self._list)
        for printer in self._printers:
            printer.join(1)

    def _told(self, number: int, _frame: object) -> None:
        self.signal = number
        self.ended.set()
        if not self._run["entries"]:  # still installing
            raise KeyboardInterrupt

    def _guard(self) -> None:
        reading, self._pipe = os.pipe()
        passed = [reading, *([self._lock] if self._lock is not None else [])]  # nobody else begins before it is done
        env = {name: value for name, value in os.environ.items() if name != identity.MARK}
        command = [sys.executable, str(ROOT / "dev"), "_guard", str(reading), self._list.name]
        subprocess.Popen(command, pass_fds=passed, start_new_session=True, stdin=subprocess.DEVNULL, env=env)
        os.close(reading)

    def _write(self) -> None:
        fresh = self._list.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(self._run))
        fresh.replace(self._list)

    def publish(self, urls: dict[str, str]) -> None:
        """Where the stores of this run are, for other commands."""
        self._run["urls"] = urls
        self._write()

    def start(self, name: str, command: list[str] | str, *, env: dict[str, str], store: bool = False, **how: Any) -> subprocess.Popen[str]:
        """Start a program (a list, or a line for the shell) and print its lines; those of a store only when it fails to start."""
        shell = isinstance(command, str)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        marked = {**env, identity.MARK: self._run["mark"]}
        process = subprocess.Popen(command, shell=shell, env=marked, start_new_session=True, **{"cwd": ROOT, **pipes, **how})
        self._note(name, process, store)
        if store:
            self._unsaid[name] = []
        printer = threading.Thread(target=self._print, args=(name, process, store), daemon=True)
        self._printers.append(printer)
        printer.start()
        return process

    def step(self, name: str, line: str, env: dict[str, str]) -> list[str]:
        """Run a command to its end; what it printed. The run is over if it fails."""
        process = subprocess.Popen(
            line, shell=True, env=env, cwd=ROOT, start_new_session=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._note(name, process, store=False)
        lines: list[str] = []
        assert process.stdout is not None
        reader = threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True)
        reader.start()
        while reader.is_alive() and not self.ended.is_set():
            reader.join(0.05)
        if self.ended.is_set():
            return []
        if process.wait():
            raise Refusal(f"`{line}` failed:\n{''.join(lines).strip()[-3000:]}")
        return [text.rstrip("\n") for text in lines]

    def foreground(self, command: list[str], env: dict[str, str]) -> int:
        """Run a command on this terminal until it ends or we are told to end; its exit status."""
        process = subprocess.Popen(command, cwd=ROOT, env={**env, identity.MARK: self._run["mark"]}, text=True)
        self._note(command[0], process, store=False)
        while (status := process.poll()) is None and not self.ended.wait(0.05):
            pass
        if status is not None:
            return status if status >= 0 else 128 - status
        if self.failed:
            process.terminate()
            return 1
        # Ctrl-C reaches everything on the terminal; a second SIGINT would cut off the command's own ending.
        if not (self.signal == signal.SIGINT and os.isatty(0)):
            process.send_signal(signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
        return 130

    def _note(self, name: str, process: subprocess.Popen[str], store: bool) -> None:
        self._run["entries"].append({"name": name, "store": store, **identity.of(process.pid)})
        self._write()

    def _print(self, name: str, process: subprocess.Popen[str], store: bool) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if name in self._unsaid:
                self._unsaid[name].append(line)
            elif not (store and self.ended.is_set()):
                say(name, line)
        if not self.ended.is_set():
            for line in self._unsaid.pop(name, []):
                say(name, line)
            say(name, f"ended with {process.wait()}")
            self.failed = name
            self.ended.set()

    def ready(self) -> None:
        """The stores are up: how they came up is of no interest, but what they say from now on is."""
        self._unsaid.clear()


def claim(path: Path) -> int:
    """Hold a lock file, waiting for the guard of a run that was killed; refuse while a run goes on."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + 2 * GRACE + 5
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if (pid := supervised(path.with_suffix(".json"))) or time.monotonic() > deadline:
                os.close(lock)
                raise Refusal(f"./dev is already running in this folder (process {pid or 'unknown'}); `./dev stop` ends it.") from None
            time.sleep(0.1)


def read(listed: Path) -> dict[str, Any] | None:
    try:
        run = json.loads(listed.read_text())
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) and "mark" in run else None


def supervised(listed: Path) -> int | None:
    """The process whose run this is, if it goes on."""
    run = read(listed)
    return run["supervisor"]["pid"] if run and run["boot"] == identity.boot() and identity.lives(run["supervisor"]) else None


def urls_of(listed: Path) -> dict[str, str]:
    """The stores of a run that goes on."""
    run = read(listed)
    return run["urls"] if run is not None and supervised(listed) else {}


def end_all(listed: Path) -> int:
    """End every process of a run that is still there; how many of the listed were. May be called by several at once."""
    run = read(listed)
    count = 0
    if run is not None and run["boot"] == identity.boot():
        for store in (False, True):
            count += _end([entry for entry in run["entries"] if entry["store"] == store])
            if not store:
                identity.sweep(run["mark"], spare=[entry["pid"] for entry in run["entries"] if entry["store"]])
        identity.sweep(run["mark"])
    if run is not None and run["throwaway"]:
        shutil.rmtree(run["throwaway"], ignore_errors=True)
    listed.unlink(missing_ok=True)
    return count


def _end(entries: list[dict[str, Any]]) -> int:
    running = [entry for entry in entries if identity.lives(entry)]
    count = len(running)
    for entry in running:
        # SIGINT is PostgreSQL's fast shutdown.
        identity.tell(entry, signal.SIGINT if entry["name"] == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while (running := [entry for entry in running if identity.lives(entry)]) and time.monotonic() < deadline:
        time.sleep(0.03)
    for entry in running:
        identity.tell(entry, signal.SIGKILL)
    return count


def guard(pipe: int, listed: Path) -> int:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    os.read(pipe, 1)
    end_all(listed)
    return 0
