"""The release step and the demo data, left out where they would find nothing to do.

Each costs a start of the whole app (2 s). They need not run again on the embedded database while the code, the
packages, the settings and the schema's revisions are those of the last time.
"""

import hashlib
import json
import os
import subprocess

from devtools import stores
from devtools.environment import ROOT, STATE, VENV

NOTE = STATE / "released"
SETTINGS = ("STAGES", "APP_ENV", "PYTHONPATH")
CODE = ("app", "blueprints", "migrations", "wsgi.py", "Procfile")


def done_before(url: str) -> list[str] | None:
    """What the demo printed the last time, if nothing has changed since."""
    if os.environ.get("DATABASE_URL"):
        return None
    try:
        noted = json.loads(NOTE.read_text())
        return noted["demo"] if noted["state"] == state(url) else None
    except (OSError, ValueError, KeyError):
        return None


def note(url: str, demo: list[str]) -> None:
    if not os.environ.get("DATABASE_URL"):
        NOTE.write_text(json.dumps({"state": state(url), "demo": demo}))


def state(url: str) -> str:
    """Everything that the release step and the demo depend on, as one hash."""
    found = hashlib.sha256()
    for path in sorted(path for name in CODE for path in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])):
        if path.suffix != ".pyc" and path.is_file():
            about = path.stat()
            found.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    for folder in sorted((VENV / "lib").glob("python3*/site-packages")):  # changes when a package comes or goes
        found.update(f"{folder.stat().st_mtime_ns}\n".encode())
    found.update(json.dumps([os.environ.get(name) for name in SETTINGS]).encode())
    found.update((stores.data_folder(STATE) / "global" / "pg_control").read_bytes()[:8])  # which cluster this is
    found.update(revisions(url))
    return found.hexdigest()


def revisions(url: str) -> bytes:
    command = [str(stores.postgres_bin() / "psql"), "-XAtq", "-d", url, "-c", "select version_num from alembic_version order by 1"]
    asked = subprocess.run(command, capture_output=True, check=False, timeout=20)
    return f"{asked.returncode}\n".encode() + asked.stdout  # a database without the table is a state, too
