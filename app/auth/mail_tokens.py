"""Links in mails: used once, for a time, and known here only by their hash."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.auth import secrets
from app.auth.models import MailToken
from app.errors import NotFound
from app.extensions import db

VERIFY, RESET, CHANGE, UNDO = "verify", "reset", "change", "undo"
LIVES = {
    VERIFY: dt.timedelta(days=2),
    RESET: dt.timedelta(hours=1),
    CHANGE: dt.timedelta(days=1),
    UNDO: dt.timedelta(days=7),
}
MOST_AN_HOUR = 5
"""Mails of one purpose to one account: nobody's mailbox is flooded through us."""


class NoSuchLink(NotFound):
    title = "This link is unknown, was used before, or has expired."


def make(purpose: str, user_id: uuid.UUID, data: Mapping[str, Any], *, keep: str | None = None) -> str:
    """A new token in the open unit of work. ``keep``: the address that nobody else may take while it lives."""
    token = secrets.new(secrets.MAIL)
    row = MailToken(hash=secrets.digest(token), purpose=purpose, user_id=user_id, data=dict(data), email_key=keep)
    row.expires_at = dt.datetime.now(dt.UTC) + LIVES[purpose]
    db.session.add(row)
    db.session.flush()
    return token


def too_many(purpose: str, user_id: uuid.UUID) -> bool:
    lately = sa.select(sa.func.count()).where(
        MailToken.user_id == user_id, MailToken.purpose == purpose, MailToken.created_at > sa.func.now() - dt.timedelta(hours=1)
    )
    return (db.session.scalar(lately) or 0) >= MOST_AN_HOUR


def usable(purpose: str, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    if not secrets.well_formed(token, secrets.MAIL):
        raise NoSuchLink()
    return (
        MailToken.hash == secrets.digest(token),
        MailToken.purpose == purpose,
        MailToken.used_at.is_(None),
        MailToken.expires_at > sa.func.now(),
    )


def owner(purpose: str, token: str) -> uuid.UUID:
    """Whose token it is, without using it. Raises NoSuchLink."""
    found = db.session.scalar(sa.select(MailToken.user_id).where(*usable(purpose, token)))
    if found is None:
        raise NoSuchLink()
    return found


def use(purpose: str, token: str) -> Any:
    """(user_id, data) of a token, which is used up: of two at once one gets them. Raises NoSuchLink."""
    wanted = sa.update(MailToken).where(*usable(purpose, token)).values(used_at=sa.func.now())
    found = db.session.execute(
        wanted.returning(MailToken.user_id, MailToken.data).execution_options(synchronize_session=False)
    ).one_or_none()
    if found is None:
        raise NoSuchLink()
    return found


def drop(user_id: uuid.UUID, *purposes: str) -> None:
    """Links that were sent before what has just happened are void."""
    theirs = sa.delete(MailToken).where(MailToken.user_id == user_id, MailToken.purpose.in_(purposes or LIVES))
    db.session.execute(theirs.execution_options(synchronize_session=False))


def keeper(email_key: str) -> uuid.UUID | None:
    """Whose address this was until a moment ago: they may want it back."""
    kept = sa.select(MailToken.user_id).where(
        MailToken.email_key == email_key, MailToken.used_at.is_(None), MailToken.expires_at > sa.func.now()
    )
    return db.session.scalar(kept.limit(1))
