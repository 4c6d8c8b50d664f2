"""Servers on one core, load on the other, and what each of them used."""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence

import psutil


def pinned(core: int, command: Sequence[str]) -> list[str]:
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core), *command] if taskset and (os.cpu_count() or 1) > 1 else list(command)


class Server:
    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: str):
        self.process = subprocess.Popen(
            pinned(0, command), env=dict(env), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def wait(self, url: str, headers: Mapping[str, str]) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{url} did not answer")

    def tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu(self) -> float:
        """Seconds that the server and its children have used so far."""
        total = 0.0
        for process in self.tree():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def memory(self) -> int:
        """Bytes that the server and its children hold (resident set size)."""
        total = 0
        for process in self.tree():
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total

    def stop(self) -> None:
        for process in reversed(self.tree()):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass  # it went with its parent
        self.process.wait()
