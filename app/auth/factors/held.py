"""Which factors an account has, who must have one, and what a session has proven."""

import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from flask import current_app

from app.accounts import User
from app.auth.factors.models import Passkey, RecoveryCode, Totp
from app.auth.models import Session
from app.db import Prepared, bind
from app.errors import SecondFactorRequired
from app.extensions import db

TOTP, PASSKEY, RECOVERY = "totp", "passkey", "recovery"
SECOND = frozenset({TOTP, PASSKEY, RECOVERY})
LIMITED = frozenset({"accounts.read", "accounts.write"})
"""What remains to somebody who must have a second factor until the session has proven one: enough to enrol it."""


def totp_of(user_id) -> sa.Exists:
    return sa.exists(sa.select(Totp.id).where(Totp.user_id == user_id, Totp.confirmed_at.is_not(None)).correlate(User))


def passkey_of(user_id) -> sa.Exists:
    return sa.exists(sa.select(Passkey.id).where(Passkey.user_id == user_id).correlate(User))


def any_of(user_id) -> sa.ColumnElement[bool]:
    return sa.or_(totp_of(user_id), passkey_of(user_id))


HELD = Prepared(
    lambda: sa.select(
        totp_of(bind("user_id", User.id)).label(TOTP),
        passkey_of(bind("user_id", User.id)).label(PASSKEY),
        sa.exists().where(RecoveryCode.user_id == bind("user_id", User.id)).label(RECOVERY),
    )
)


def methods_of(user_id: uuid.UUID) -> list[str]:
    """By which methods the account can pass as a second step; empty without a second factor, whatever codes are left."""
    held = HELD.one(user_id=user_id)
    found = [name for name in (TOTP, PASSKEY, RECOVERY) if getattr(held, name)]
    return [] if found == [RECOVERY] else found


def proven(methods: Iterable[str]) -> bool:
    return not SECOND.isdisjoint(methods)


def demanded(roles: Sequence[str]) -> bool:
    """Whether the setting AUTH_SECOND_FACTOR_ROLES asks people with these roles for a second factor."""
    return not current_app.config["AUTH_SECOND_FACTOR_ROLES"].isdisjoint(roles)


def cut(permissions: frozenset[str], roles: Sequence[str], *, strong: bool) -> tuple[frozenset[str], frozenset[str]]:
    """(what they may do now, what is withheld until they have proven a second factor)."""
    if strong or not demanded(roles):
        return permissions, frozenset()
    return permissions & LIMITED, permissions - LIMITED


def lost(user: User) -> None:
    """After a factor was removed. Raises SecondFactorRequired when their role needs one and none is left."""
    if methods_of(user.id):
        return
    if demanded(user.roles):
        raise SecondFactorRequired("Your role needs a second factor: add another before you remove the last one.")
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    left = Session.methods
    for method in sorted(SECOND):
        left = sa.func.array_remove(left, method)
    db.session.execute(sa.update(Session).where(Session.user_id == user.id, Session.ended_at.is_(None)).values(methods=left))
