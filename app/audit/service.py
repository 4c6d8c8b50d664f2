"""Writing and reading the audit log."""

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request

from app.access import Actor, somebody
from app.audit.models import Entry, Origin
from app.db import Search, bind, new_id
from app.extensions import db
from app.observe import current_request_id

ENTRIES = Search(
    columns=(
        Entry.id,
        Entry.action,
        Entry.actor_id,
        Entry.account_id,
        Entry.request_id,
        Entry.at,
        Origin.address,
        Origin.user_agent,
        Origin.details,
    ),
    where=lambda: (),
    source=sa.outerjoin(Entry, Origin, Origin.entry_id == Entry.id),
    filters={
        "action": (lambda value: Entry.action == value, Entry.action),
        "account_id": (lambda value: Entry.account_id == value, Entry.account_id),
        "actor_id": (lambda value: Entry.actor_id == value, Entry.actor_id),
        "after": (lambda value: Entry.at >= value, Entry.at),
        "before": (lambda value: Entry.at < value, Entry.at),
        "mine": (lambda value: sa.or_(Entry.account_id == bind("mine", Entry.account_id), Entry.actor_id == value), Entry.account_id),
    },
    key=Entry.id,
)


def record(action: str, *, account_id: uuid.UUID | None = None, by: uuid.UUID | None = None, **details: Any) -> None:
    """Write an entry into the open unit of work. ``action`` reads like `auth.signed_in`; details are JSON and hold no secrets.

    ``account_id`` is whom it concerns, ``by`` who did it: without it whoever asks, if anybody does.
    """
    actor = by if by is not None else getattr(somebody(), "user_id", None)
    entry = Entry(id=new_id(), action=action, actor_id=actor, account_id=account_id or actor, request_id=current_request_id())
    db.session.add(entry)
    db.session.flush()
    db.session.add(Origin(entry_id=entry.id, details=details, **origin()))
    db.session.flush()


def origin() -> dict[str, str]:
    if not has_request_context():
        return {"address": "", "user_agent": ""}
    return {"address": (request.remote_addr or "")[:45], "user_agent": request.headers.get("User-Agent", "")[:200]}


def of_everybody(filters: Mapping[str, Any]):
    """Entries, the newest first."""
    return ENTRIES.listing(filters, sort="-")


def of_mine(filters: Mapping[str, Any], *, by: Actor):
    """What concerns the person who asks, and what they did."""
    return ENTRIES.listing({**filters, "mine": by.user_id}, sort="-")


def forget(account_id: uuid.UUID) -> None:
    """The person is gone: that something happened stays, where from and what it was about goes."""
    theirs = sa.select(Entry.id).where(sa.or_(Entry.account_id == account_id, Entry.actor_id == account_id))
    db.session.execute(sa.delete(Origin).where(Origin.entry_id.in_(theirs)))
