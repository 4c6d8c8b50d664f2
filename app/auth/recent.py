"""When a session last proved who it is: dangerous acts ask for it to have been a moment ago."""

import datetime as dt
import uuid

import sqlalchemy as sa

from app.access import Actor, me
from app.auth.known import forget_session
from app.auth.models import Session
from app.db import after_commit
from app.errors import Forbidden, InvalidToken
from app.extensions import db

RECENT = dt.timedelta(minutes=10)


class ReauthenticationRequired(Forbidden):
    """The header is RFC 9470's."""

    title = "Prove once more who you are: this is only for who did so within the last ten minutes."

    def __init__(self):
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{int(RECENT.total_seconds())}"'
        super().__init__(headers={"WWW-Authenticate": challenge})


def require_recent(by: Actor | None = None) -> None:
    """Raises ReauthenticationRequired unless the session in use authenticated in the last ten minutes.

    A personal token never passes: a program cannot prove who sits before it; nor does an administrator in somebody's
    place. The service itself may.
    """
    actor = by if by is not None else me()
    if actor.everything:
        return
    if actor.session_id is None or actor.impersonator_id is not None or not is_recent(actor.session_id):
        raise ReauthenticationRequired()


def is_recent(session_id: uuid.UUID) -> bool:
    since = sa.func.now() - RECENT
    wanted = sa.select(Session.id).where(Session.id == session_id, Session.ended_at.is_(None), Session.authenticated_at > since)
    return db.session.scalar(wanted) is not None


def proved(*methods: str, by: Actor) -> Session:
    """The session in use has just been proven by these methods, in the open unit of work."""
    wanted = sa.select(Session).where(Session.id == by.session_id, Session.ended_at.is_(None))
    session = db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if session is None:
        raise InvalidToken("The session has ended. Sign in again.")
    before = set(session.methods)
    session.authenticated_at = sa.func.now()
    session.methods = [*session.methods, *(m for m in methods if m not in before)]
    db.session.flush()
    if set(session.methods) != before:
        # It may be allowed more now than what is remembered of it.
        after_commit(lambda: forget_session(session.id))
    return session
