"""Which process is which: a pid alone may since have been given to another."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

MARK = "Z2H_DEV_RUN"
"""The environment variable that says to which run a process belongs."""

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()


def boot() -> str:
    """Which start of the machine this is, where process births are counted from it."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def of(pid: int) -> dict[str, Any]:
    return {"pid": pid, "birth": birth(pid)}


def birth(pid: int) -> str:
    """When a living process began; empty when there is none (a zombie has ended)."""
    if HAS_PROC:
        try:
            state, *fields = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return ""
        return "" if state in "ZX" else fields[18]
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    state, _, began = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def lives(entry: dict[str, Any]) -> bool:
    return entry["birth"] != "" and birth(entry["pid"]) == entry["birth"]


def tell(entry: dict[str, Any], what: int) -> None:
    """Send a signal to a process if it is still the one we mean."""
    if lives(entry):
        _send(entry["pid"], what)


def sweep(mark: str, spare: list[int] | None = None) -> None:
    """Kill whatever carries the mark, until nothing does, without the processes (and their children) to spare."""
    deadline = time.monotonic() + 5
    while (found := _marked(mark, set(spare or []))) and time.monotonic() < deadline:
        for pid in found:
            _send(pid, signal.SIGKILL)
        time.sleep(0.03)


def _marked(mark: str, spare: set[int]) -> list[int]:
    if not HAS_PROC:
        shown = subprocess.run(["ps", "-AwwE", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=False).stdout
        lines = [line.split(None, 2) for line in shown.splitlines() if f"{MARK}={mark}" in line]
        return [int(pid) for pid, parent, _ in lines if not {int(pid), int(parent)} & spare and int(pid) != os.getpid()]
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if not {int(folder.name), parent} & spare and birth(int(folder.name)):
                    found.append(int(folder.name))
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return found


def _send(pid: int, what: int) -> None:
    try:
        os.kill(pid, what)
    except (ProcessLookupError, PermissionError):
        pass
