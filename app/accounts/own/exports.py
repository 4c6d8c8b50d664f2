"""A person's data as an archive: asked for, built by background work, downloaded by its owner, gone after a week."""

import datetime as dt
import uuid

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app import audit, auth
from app.access import Actor
from app.accounts.models import Export, User
from app.accounts.own import archive
from app.accounts.own.letters import tell
from app.background import background
from app.db import Search, bind, new_id
from app.errors import Conflict, NotFound
from app.extensions import db

KEPT = dt.timedelta(days=7)
LONGEST = dt.timedelta(hours=24)
"""An archive that is still not there then has failed."""


class ExportRunning(Conflict):
    title = "An archive of your data is being made already."


class NoSuchExport(NotFound):
    title = "There is no such archive."


class NotReady(Conflict):
    title = "There is no archive to download: it is still being made, or could not be made."


EXPORTS = Search(
    columns=(Export.id, Export.state, Export.size, Export.created_at, Export.expires_at),
    where=lambda: (Export.user_id == bind("user_id", Export.user_id), Export.expires_at > sa.func.now()),
    key=Export.id,
)


def search(*, by: Actor):
    """The newest first."""
    return EXPORTS.listing({}, sort="-", user_id=by.user_id)


def request(*, by: Actor) -> Export:
    """Raises ExportRunning; of two requests at once the unique index lets one through."""
    row = {"id": new_id(), "user_id": by.user_id, "state": "pending", "expires_at": dt.datetime.now(dt.UTC) + KEPT}
    made = db.session.scalar(insert(Export).values(row).on_conflict_do_nothing().returning(Export.id))
    if made is None:
        raise ExportRunning()
    build.enqueue(export_id=str(made))
    audit.record("accounts.export_requested", account_id=by.user_id)
    return db.session.get_one(Export, made)


def get(export_id: uuid.UUID, *, by: Actor) -> Export:
    mine = sa.select(Export).where(Export.id == export_id, Export.user_id == by.user_id, Export.expires_at > sa.func.now())
    export = db.session.scalars(mine).one_or_none()
    if export is None:
        raise NoSuchExport()
    return export


def download(export_id: uuid.UUID, *, by: Actor) -> bytes:
    """The ZIP archive. Raises NoSuchExport, ReauthenticationRequired, NotReady."""
    export = get(export_id, by=by)
    auth.require_recent(by)
    content = db.session.scalar(sa.select(Export.archive).where(Export.id == export.id))
    if export.state != "ready" or content is None:
        raise NotReady()
    audit.record("accounts.export_downloaded", account_id=by.user_id)
    return content


@background("accounts.build_export")
def build(export_id: str) -> None:
    """Gather what every stage knows of a person into their archive."""
    wanted = sa.select(Export).where(Export.id == uuid.UUID(export_id), Export.state == "pending").with_for_update()
    export = db.session.scalars(wanted).one_or_none()
    if export is None:
        return
    try:
        export.archive = archive.of(export.user_id, limit=current_app.config["ACCOUNTS_EXPORT_BYTES"])
        export.size, export.state = len(export.archive), "ready"
    except archive.TooLarge:
        export.state = "too_large"
    db.session.flush()
    tell(db.session.get_one(User, export.user_id), "accounts.export_done", ready=export.state == "ready", expires_at=export.expires_at)


def purge() -> None:
    """Delete archives whose time is over; those that never got done have failed, so that another can be asked for."""
    db.session.execute(sa.delete(Export).where(Export.expires_at < sa.func.now()))
    stuck = sa.update(Export).where(Export.state == "pending", Export.created_at < sa.func.now() - LONGEST)
    db.session.execute(stuck.values(state="failed"))
