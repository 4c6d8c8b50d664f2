"""Entries are kept for as long as the setting AUDIT_DAYS says, and then deleted for good."""

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from app.audit.models import Entry
from app.background import background
from app.extensions import db


@background("audit.purge", every=dt.timedelta(days=1))
def purge() -> None:
    """Delete entries that are older than AUDIT_DAYS: the one deletion that the database lets pass."""
    db.session.execute(sa.text("set local zero2hero.audit_retention = 'on'"))
    old = Entry.at < sa.func.now() - dt.timedelta(days=current_app.config["AUDIT_DAYS"])
    db.session.execute(sa.delete(Entry).where(old))
    db.session.execute(sa.text("set local zero2hero.audit_retention = 'off'"))
