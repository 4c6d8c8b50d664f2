"""The ways in which somebody can sign in. The last one cannot be removed.

Whoever removes a way calls :func:`keep_another` first, which locks the account: of two removals at once the second one
sees what the first has left. A package that brings ways of its own announces them with :func:`register_ways`.
"""

import uuid
from collections.abc import Callable, Iterable

import sqlalchemy as sa

from app import accounts
from app.accounts import User
from app.auth.factors.models import Passkey
from app.errors import Conflict
from app.extensions import db

Ways = Callable[[uuid.UUID], Iterable[str]]


class LastWayIn(Conflict):
    title = "This is the last way into the account: add another one first."


def passwords(account_id: uuid.UUID) -> Iterable[str]:
    mine = sa.select(sa.literal("password")).where(User.id == account_id, User.password_hash.is_not(None))
    return db.session.scalars(mine)


def passkeys(account_id: uuid.UUID) -> Iterable[str]:
    return [passkey(id_) for id_ in db.session.scalars(sa.select(Passkey.id).where(Passkey.user_id == account_id))]


def passkey(passkey_id: uuid.UUID) -> str:
    return f"passkey:{passkey_id}"


_kinds: dict[str, Ways] = {"password": passwords, "passkey": passkeys}


def register_ways(kind: str, ways: Ways) -> None:
    """``ways`` names those of an account, each once and for all: `identity:<id>`."""
    _kinds[kind] = ways


def ways_in(account_id: uuid.UUID) -> list[str]:
    """Every way: `password`, `passkey:<id>`, and what others have registered."""
    return [way for ways in _kinds.values() for way in ways(account_id)]


def keep_another(account_id: uuid.UUID, losing: str) -> User:
    """The account, locked until the unit of work ends, if a way beside `losing` is left. Raises LastWayIn."""
    user = accounts.lock(account_id)
    if not set(ways_in(account_id)) - {losing}:
        raise LastWayIn()
    return user
