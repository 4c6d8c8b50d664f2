"""What the audit log knows of a person, for their archive."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.audit.models import Entry, Origin
from app.extensions import db


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    """What they did and what was done to them. Where others did it from is theirs, and stays out."""
    own = Entry.actor_id == account_id
    columns = (
        Entry.id,
        Entry.at,
        Entry.action,
        Entry.actor_id,
        Entry.account_id,
        sa.case((own, Origin.address)).label("address"),
        sa.case((own, Origin.user_agent)).label("user_agent"),
        Origin.details,
    )
    theirs = sa.or_(Entry.account_id == account_id, own)
    return {
        "entries": db.session.execute(sa.select(*columns).outerjoin(Origin, Origin.entry_id == Entry.id).where(theirs).order_by(Entry.id))
    }
