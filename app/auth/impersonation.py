"""Sessions in which an administrator looks through somebody's eyes."""

import datetime as dt
import uuid

import sqlalchemy as sa

from app.access import Actor
from app.accounts import User
from app.auth.models import Session
from app.auth.sessions import Tokens, end, give, now
from app.extensions import db

LIFE = dt.timedelta(minutes=15)


def impersonate(user: User, *, by: Actor) -> Tokens:
    """A session of the person for the administrator who asks: short, never refreshed, and nothing of their device kept with it."""
    session = Session(user_id=user.id, impersonator_id=by.user_id, methods=[], expires_at=now() + LIFE)
    db.session.add(session)
    db.session.flush()
    return give(user.id, session.id, "", user, life=LIFE)


def end_impersonation(user_id: uuid.UUID | None, impersonator_id: uuid.UUID | None) -> bool:
    """End the sessions in which the administrator acts in the person's place; whether there were any."""
    return finish(Session.user_id == user_id, Session.impersonator_id == impersonator_id)


def end_impersonations(impersonator_id: uuid.UUID) -> None:
    """End the sessions in which this administrator acts in the place of anybody."""
    finish(Session.impersonator_id == impersonator_id)


def finish(*which: sa.ColumnElement[bool]) -> bool:
    living = (Session.ended_at.is_(None), Session.expires_at > sa.func.now())
    found = db.session.scalars(sa.select(Session).where(*which, *living).order_by(Session.id).with_for_update()).all()
    for session in found:
        end(session, "impersonation ended")
    return bool(found)
