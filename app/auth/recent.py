"""When a session last proved who it is: dangerous acts ask for it to have been a moment ago."""

import datetime as dt

import sqlalchemy as sa

from app.access import Actor, me
from app.auth.known import forget_session
from app.auth.models import Session
from app.db import Prepared, after_commit, bind
from app.errors import Forbidden
from app.extensions import db

RECENT = dt.timedelta(minutes=10)


class ReauthenticationRequired(Forbidden):
    title = "Prove once more who you are: this is only for who did so within the last ten minutes."


LAST = Prepared(
    lambda: sa.select(Session.id).where(
        Session.id == bind("session_id", Session.id),
        Session.ended_at.is_(None),
        Session.authenticated_at > sa.func.now() - RECENT,
    )
)


def require_recent(by: Actor | None = None) -> None:
    """Raises ReauthenticationRequired unless the session in use authenticated in the last ten minutes.

    A personal token never passes: a program cannot prove who sits before it; nor does an administrator in somebody's
    place. The service itself may.
    """
    actor = by if by is not None else me()
    if actor.everything:
        return
    if actor.session_id is None or actor.impersonator_id is not None or LAST.one(session_id=actor.session_id) is None:
        raise ReauthenticationRequired()


def proved(*methods: str, by: Actor) -> Session:
    """The session in use has just been proven by these methods, in the open unit of work."""
    wanted = sa.select(Session).where(Session.id == by.session_id, Session.ended_at.is_(None))
    session = db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
    before = set(session.methods)
    session.authenticated_at = sa.func.now()
    session.methods = [*session.methods, *(m for m in methods if m not in before)]
    db.session.flush()
    if set(session.methods) != before:
        # It may be allowed more now than what is remembered of it.
        after_commit(lambda: forget_session(session.id))
    return session
