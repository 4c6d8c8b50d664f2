"""Between the first factor and the second: a token that lives for five minutes, for five attempts and one log-in."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import audit
from app.accounts import User
from app.auth import secrets
from app.auth.factors import ceremony, held
from app.auth.factors.models import Passkey, PendingLogIn
from app.extensions import db

LIFE = dt.timedelta(minutes=5)
ATTEMPTS = 5


@dataclass(frozen=True)
class SecondFactor:
    """What is still missing. ``passkey`` are the options for `navigator.credentials.get`, if there is a passkey."""

    token: str
    methods: list[str]
    expires_in: int
    passkey: dict[str, Any] | None


def ask(user: User, proven: Sequence[str], methods: list[str]) -> SecondFactor:
    """The account, which the unit of work has locked, has a second factor: the log-in waits for it."""
    token = secrets.new(secrets.SECOND_FACTOR)
    expires = sa.func.now() + LIFE
    row = PendingLogIn(hash=secrets.digest(token), user_id=user.id, methods=list(proven), password=stamp(user), expires_at=expires)
    db.session.add(row)
    db.session.flush()
    audit.record("auth.second_factor_asked", account_id=user.id, by=user.id, methods=list(proven))
    return SecondFactor(token, methods, int(LIFE.total_seconds()), passkey_options(user.id) if held.PASSKEY in methods else None)


def passkey_options(user_id: uuid.UUID) -> dict[str, Any]:
    mine = db.session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id))
    return ceremony.request_options(ceremony.SECOND_FACTOR, user_id, mine, ceremony.PREFERRED)


def owner(token: str) -> uuid.UUID | None:
    """Whose log-in this is, if it still waits."""
    if not secrets.well_formed(token, secrets.SECOND_FACTOR):
        return None
    waiting = sa.select(PendingLogIn.user_id).where(PendingLogIn.hash == secrets.digest(token), PendingLogIn.expires_at > sa.func.now())
    return db.session.scalar(waiting)


def attempt(token: str, user: User) -> list[str] | None:
    """Count one attempt at the log-in of this account, which is locked; the methods proven so far, or None when it is over.

    It is over, too, once the password has changed or the account was disabled.
    """
    counted = (
        sa.update(PendingLogIn)
        .where(
            PendingLogIn.hash == secrets.digest(token),
            PendingLogIn.user_id == user.id,
            PendingLogIn.expires_at > sa.func.now(),
            PendingLogIn.attempts < ATTEMPTS,
            PendingLogIn.password == stamp(user),
        )
        .values(attempts=PendingLogIn.attempts + 1)
        .returning(PendingLogIn.methods)
        .execution_options(synchronize_session=False)
    )
    return None if user.disabled_at is not None else db.session.scalar(counted)


def finish(token: str) -> None:
    db.session.execute(sa.delete(PendingLogIn).where(PendingLogIn.hash == secrets.digest(token)))


def stamp(user: User) -> bytes:
    """Tells one password from the next."""
    return secrets.digest(user.password_hash or "")
