"""Which of the people behind open sockets may not be there any more: asked by the sweep of :mod:`app.realtime.streams`."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.access import Actor
from app.accounts import User
from app.auth.models import PersonalToken, Session
from app.extensions import db


def ended(actors: Mapping[str, Actor]) -> list[str]:
    """The keys whose session or token has ended, whose account was disabled, or whose roles are others now."""
    roles = roles_of(Session, [a.session_id for a in actors.values() if a.session_id])
    roles |= roles_of(PersonalToken, [a.token_id for a in actors.values() if a.token_id])
    return [key for key, a in actors.items() if roles.get(a.session_id or a.token_id) != frozenset(a.roles)]


def roles_of(kind: Any, ids: list[Any]) -> dict[Any, frozenset[str]]:
    """The present roles of whoever these living sessions or tokens belong to."""
    if not ids:
        return {}
    over = Session.ended_at if kind is Session else PersonalToken.revoked_at
    living = (kind.id.in_(ids), over.is_(None), sa.or_(kind.expires_at.is_(None), kind.expires_at > sa.func.now()))
    found = sa.select(kind.id, User.roles).join(User, User.id == kind.user_id)
    found = found.where(*living, User.disabled_at.is_(None), User.deletion_at.is_(None))
    return {row.id: frozenset(row.roles) for row in db.session.execute(found)}
