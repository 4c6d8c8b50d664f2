"""Processes that are started here end with us, whatever happens to us.

A list of them is kept in .dev. A guard in a session of its own holds one end of a pipe; when the other end
closes, because we ended or were killed, it ends everything on the list: programs first, stores last.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from devtools.environment import ROOT, STATE
from devtools.say import say

GRACE = 12.0


def birth(pid: int) -> str:
    """When a process began: together with its pid, who it is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except FileNotFoundError:
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip()
    except OSError:
        return ""


def alive(entry: dict) -> bool:
    try:
        os.waitpid(entry["pid"], os.WNOHANG)  # our own ended children are zombies until waited for
    except ChildProcessError:
        pass
    try:
        os.kill(entry["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return birth(entry["pid"]) == entry["birth"]


class Processes:
    """The processes of one run; ``name`` tells runs of different kinds apart (up, test)."""

    def __init__(self, name: str):
        self.list = STATE / f"{name}.json"
        # The supervisor itself comes first: it is not ended with the others, it tells a second run that there is a first.
        self.entries: list[dict] = [{"name": "supervisor", "pid": os.getpid(), "birth": birth(os.getpid()), "store": None}]
        self.ended = threading.Event()
        self._pipe: int | None = None

    def guard(self) -> None:
        reading, self._pipe = os.pipe()
        os.set_inheritable(reading, True)
        command = [sys.executable, "-c", GUARD, str(reading), str(self.list)]
        subprocess.Popen(command, pass_fds=(reading,), start_new_session=True, stdin=subprocess.DEVNULL, cwd=ROOT)
        os.close(reading)

    def start(self, name: str, command, *, env=None, store: bool = False, show: bool = True) -> subprocess.Popen:
        """Start a program (a list, or a line for the shell), put it on the list, and show what it prints."""
        process = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.entries.append({"name": name, "pid": process.pid, "birth": birth(process.pid), "store": store})
        self._write()
        threading.Thread(target=self._show, args=(name, process, show, store), daemon=True).start()
        return process

    def _write(self) -> None:
        fresh = self.list.with_suffix(".new")
        fresh.write_text(json.dumps(self.entries))
        fresh.replace(self.list)

    def _show(self, name: str, process: subprocess.Popen, show: bool, store: bool) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if show and not (store and self.ended.is_set()):
                say(name, line)
        if not self.ended.is_set():
            say(name, f"ended with {process.wait()}")
            self.ended.set()

    def stop(self) -> None:
        self.ended.set()
        end_all(self.list)


def end_all(listed: Path) -> int:
    """End every process on a list that still runs; how many there were."""
    try:
        entries = json.loads(listed.read_text())
    except (OSError, ValueError):
        return 0
    count = 0
    for store in (False, True):
        running = [entry for entry in entries if entry["store"] == store and alive(entry)]
        count += len(running)
        for entry in running:
            # SIGINT is PostgreSQL's fast shutdown.
            tell(entry["pid"], signal.SIGINT if entry["name"] == "postgres" else signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(alive(entry) for entry in running):
            time.sleep(0.05)
        for entry in entries:
            if entry["store"] == store:
                # Also what a program left behind in its group.
                tell_group(entry["pid"], signal.SIGKILL) if alive(entry) or store is False else None
    listed.unlink(missing_ok=True)
    return count


def supervised(listed: Path) -> bool:
    """Whether the run that wrote this list is still there."""
    try:
        entries = json.loads(listed.read_text())
    except (OSError, ValueError):
        return False
    return any(entry["store"] is None and entry["pid"] != os.getpid() and alive(entry) for entry in entries)


def tell(pid: int, what: int) -> None:
    try:
        os.kill(pid, what)
    except (ProcessLookupError, PermissionError):
        pass


def tell_group(pid: int, what: int) -> None:
    try:
        os.killpg(pid, what)
    except (ProcessLookupError, PermissionError):
        pass


GUARD = """
import os, pathlib, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.read(int(sys.argv[1]), 1)
from devtools.processes import end_all
end_all(pathlib.Path(sys.argv[2]))
"""
