"""/livez, /readyz and /metrics: for those who run the service."""

import hmac
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, request

from app.observe import metrics

bp = Blueprint("health", __name__)

PATIENCE_MS = 500
BELIEVED = 1.0
"""Seconds for which a look at the stores is believed: anybody may ask, and no limit says how often."""


@bp.get("/livez")
def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """The process can do its work. Without Redis it still does (`degraded`); without its database it does not."""
    ready = current_app.extensions["readiness"]
    with ready.lock:
        if ready.answer is None or time.monotonic() - ready.looked > BELIEVED:
            ready.answer, ready.looked = look(), time.monotonic()
        return ready.answer


class Readiness:
    """What the last look found. One at a time: the others wait for what it finds."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.looked = 0.0
        self.answer: tuple[dict[str, Any], int] | None = None


def look() -> tuple[dict[str, Any], int]:
    checks = {"database": check(database), "migrations": check(migrations), "redis": check(redis)}
    for stage in current_app.extensions["stages"].values():
        if stage.health is not None:
            checks[stage.name] = check(stage.health)
    usable = checks["database"]["ok"] and checks["migrations"]["ok"]
    status = "ok" if all(result["ok"] for result in checks.values()) else "degraded" if usable else "unavailable"
    return {"status": status, "checks": checks}, 200 if usable else 503


@bp.get("/metrics")
def show_metrics() -> Response:
    wanted = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if wanted and not hmac.compare_digest(wanted.encode(), given.encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    return Response(metrics.exposition(), content_type="text/plain; version=1.0.0; charset=utf-8")


def check(probe: Callable[[], Any]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        probe()
        result: dict[str, Any] = {"ok": True}
    except Exception as error:
        result = {"ok": False, "problem": str(error) if isinstance(error, NotReady) else type(error).__name__}
    return result | {"ms": round((time.perf_counter() - began) * 1e3, 1)}


class NotReady(Exception):
    """A sentence for the operator."""


def database() -> None:
    from app.extensions import db

    with db.engine.connect() as connection:
        connection.execute(sa.text(f"set statement_timeout = {PATIENCE_MS}"))
        try:
            connection.execute(sa.text("select 1"))
        finally:
            connection.execute(sa.text("reset statement_timeout"))


def migrations() -> None:
    """Every revision of this code has been applied; once that is so it stays so for this process."""
    from app.extensions import db

    if current_app.extensions.get("migrated"):
        return
    config = current_app.extensions["migrate"].migrate.get_config(str(Path(current_app.root_path).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    wanted = set(scripts.get_heads())
    with db.engine.connect() as connection:
        applied = set(connection.execute(sa.text("select version_num from alembic_version")).scalars())
    if missing := wanted - with_ancestors(scripts, applied):
        raise NotReady(f"Not migrated to {', '.join(sorted(missing))}: run flask db upgrade.")
    current_app.extensions["migrated"] = True


def with_ancestors(scripts: ScriptDirectory, revisions: set[str]) -> set[str]:
    """Alembic keeps only the newest: what another branch depends on is implied."""
    found: set[str] = set()
    waiting = [name for name in revisions if name in {script.revision for script in scripts.walk_revisions()}]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            script = scripts.get_revision(name)
            for before in (script.down_revision, script.dependencies):
                waiting += [before] if isinstance(before, str) else list(before or ())
    return found


def redis() -> None:
    current_app.extensions["redis"].client.ping()
