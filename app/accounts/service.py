"""What can be done with accounts, whoever asks."""

import unicodedata
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.access import Actor
from app.accounts.events import UserRegistered
from app.accounts.models import Grant, User
from app.db import Prepared, bind, new_id, take
from app.errors import Conflict, NotFound
from app.events import emit
from app.extensions import db

WHILE_LEAVING = frozenset({"accounts.read", "accounts.delete"})
"""All that somebody may do who has asked for the deletion of their account."""


class AddressTaken(Conflict):
    title = "There is an account with this address already."


def normalise(email: str) -> str:
    """The form in which addresses are compared: NFKC, case-folded, domain in ASCII where it can be."""
    local, _, domain = unicodedata.normalize("NFKC", email.strip()).rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    return f"{local}@{domain}".casefold()


def create(email: str, name: str, password_hash: str | None, roles: Sequence[str] = ("user",), *, verified: bool = False) -> User:
    """A new account. Raises AddressTaken; of two registrations at once the unique index lets one through.

    ``verified``: somebody we trust, or the operator, says that the address is this person's.
    """
    row = {
        "id": new_id(),
        "email": email.strip(),
        "email_key": normalise(email),
        "name": name,
        "password_hash": password_hash,
        "roles": list(roles),
        "verified_at": sa.func.now() if verified else None,
    }
    made = db.session.execute(insert(User).values(row).on_conflict_do_nothing().returning(User.id)).scalar()
    if made is None:
        raise AddressTaken(errors={"/email": "Sign in instead, or use another address."})
    emit(UserRegistered(made))
    return db.session.get_one(User, made)


def find_by_email(email: str) -> User | None:
    return db.session.scalars(sa.select(User).where(User.email_key == normalise(email))).one_or_none()


def get(user_id: uuid.UUID | None) -> User:
    user = db.session.get(User, user_id) if user_id else None
    if user is None:
        raise NotFound("There is no such account.")
    return user


def lock(user_id: uuid.UUID) -> User:
    """The account as it is now, kept from changing until the unit of work ends; keys may still point to it."""
    wanted = sa.select(User).where(User.id == user_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    user = db.session.scalars(wanted).one_or_none()
    if user is None:
        raise NotFound("There is no such account.")
    return user


def names(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of people by id, for showing."""
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def rename(name: str, *, by: Actor) -> User:
    user = take(sa.select(User).where(User.id == by.user_id))
    if user is None:
        raise NotFound("There is no such account.")
    user.name = name
    db.session.flush()
    return user


def permissions_of(user_id: uuid.UUID, roles: Sequence[str]) -> frozenset[str]:
    """What the manifests give to the person's roles, and what was granted beyond."""
    stages = current_app.extensions["stages"]
    given = frozenset(p for role in roles for p in stages.granted(role))
    return given | frozenset(row[0] for row in GRANTED.tuples(user_id=user_id, roles=list(roles)))


GRANTED = Prepared(
    lambda: sa.select(Grant.permission).where(
        sa.or_(Grant.user_id == bind("user_id", User.id), Grant.role == sa.any_(bind("roles", User.roles)))
    )
)
