"""An embedded PostgreSQL and Redis, started where DATABASE_URL and REDIS_URL name none."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from devtools import environment
from devtools.processes import Processes
from devtools.say import Refusal

QUICK = ("log_checkpoints=off", "log_min_messages=panic", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests: what a crash of the machine would lose is thrown away anyway."""


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that is free."""
    for port in range(wanted, wanted + 200):
        if not taken(port):
            return port
    raise Refusal(f"No port from {wanted} on is free.")


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def as_other_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: there it runs as nobody, with leave to read what root may read."""
    if os.geteuid() != 0:
        return command
    if (setpriv := shutil.which("setpriv")) is None:
        raise Refusal("As root this needs setpriv (package util-linux), since PostgreSQL does not run as root; or set DATABASE_URL.")
    rights = "+dac_override,+dac_read_search"
    return [setpriv, "--reuid=nobody", f"--regid={pwd.getpwnam('nobody').pw_gid}", "--clear-groups",
            f"--inh-caps={rights}", f"--ambient-caps={rights}", *command]  # fmt: skip


def start_postgres(processes: Processes, folder: Path, *, quick: bool = False) -> str:
    """Start PostgreSQL on the data in `folder`, made if need be; its URL."""
    programs = environment.postgres_bin()
    if not (folder / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        command = [str(programs / "initdb"), "-D", str(folder), "-U", "postgres", "--auth=trust", "-E", "utf8", "--no-sync"]
        made = subprocess.run(as_other_user(command), capture_output=True, text=True, check=False, cwd="/")
        if made.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise Refusal(f"PostgreSQL could not make its data folder: {made.stderr.strip()[-400:]}")
    port = free_port(54320)
    options = ["unix_socket_directories=", "log_min_messages=warning", "max_connections=300", *(QUICK if quick else ())]
    command = [str(programs / "postgres"), "-D", str(folder), "-h", "127.0.0.1", "-p", str(port)]
    processes.start("postgres", as_other_user(command + [part for option in options for part in ("-c", option)]), store=True)
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def start_redis(processes: Processes, folder: Path, *, quick: bool = False) -> str:
    """Start Redis; its URL."""
    port = free_port(63790)
    saving = ["--save", "", "--appendonly", "no" if quick else "yes"]
    command = [environment.redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--loglevel", "warning"]
    processes.start("redis", [*command, *saving], store=True)
    return f"redis://127.0.0.1:{port}/0"


def wait_for(url: str, processes: Processes, seconds: float = 60) -> None:
    """Until the server behind a URL on this machine accepts connections and, for PostgreSQL, has recovered."""
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    ready = [str(environment.postgres_bin() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not processes.ended.is_set():
        if url.startswith("redis"):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        elif subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise Refusal(f"{url.split(':')[0]} did not start; its last lines are above.")
