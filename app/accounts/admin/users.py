"""Finding people, changing them, keeping them out and letting them in again."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app import audit, auth
from app.access import Actor
from app.accounts.admin import policy
from app.accounts.models import User
from app.db import Search, after_commit, take
from app.errors import Conflict, NotFound
from app.extensions import db


class NoSuchUser(NotFound):
    title = "There is no such account."


class AlreadyDisabled(Conflict):
    title = "The account is disabled already."


class NotDisabled(Conflict):
    title = "The account is not disabled."


ROLES = ("user", "staff", "admin")

USERS = Search(
    columns=(
        User.id,
        User.email,
        User.name,
        User.roles,
        User.created_at,
        User.updated_at,
        User.disabled_at,
        User.deletion_at,
        User.version,
    ),
    where=lambda: (User.erased_at.is_(None),),
    filters={
        "q": (lambda value: User.search.op("@@")(sa.func.to_tsquery("simple", value)), User.name),
        "role": (lambda value: User.roles.contains(value), User.roles),
        "disabled": lambda value: User.disabled_at.is_not(None) if value else User.disabled_at.is_(None),
        "created_after": (lambda value: User.created_at >= value, User.created_at),
        "created_before": (lambda value: User.created_at < value, User.created_at),
    },
    sorts={"created_at": User.created_at},
    key=User.id,
)


def search(filters: Mapping[str, Any]):
    """People, the newest first. Each word of `q` must begin a word of the name or the address."""
    wanted = dict(filters)
    if "q" in wanted:
        wanted["q"] = " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", wanted["q"].lower()))
    if "role" in wanted:
        wanted["role"] = [wanted["role"]]
    return USERS.listing(wanted, sort="-created_at")


def get(user_id: uuid.UUID) -> User:
    return found(db.session.scalars(one(user_id)).one_or_none())


def edit(user_id: uuid.UUID, changes: Mapping[str, Any], *, by: Actor) -> User:
    """Change a name or roles. Raises LastAdmin, OnlyAdmins, MissingPermission."""
    if "roles" in changes:
        policy.lock_admins()
    user = taken(user_id, by=by)
    if "name" in changes and changes["name"] != user.name:
        user.name = changes["name"]
        audit.record("accounts.renamed", account_id=user.id)
    if "roles" in changes:
        set_roles(user, changes["roles"], by=by)
    db.session.flush()
    return user


def set_roles(user: User, wanted: Sequence[str], *, by: Actor) -> None:
    before, after = list(user.roles), [role for role in ROLES if role in wanted]
    if set(before) == set(after):
        return
    for role in sorted(set(before) ^ set(after)):
        policy.may_give(role, by=by)
    user.roles = after
    if "admin" in before:
        policy.leave_an_admin()
        # What they do in the place of others at this moment ends with the role that lets them.
        auth.end_impersonations(user.id)
    changed_at_once(user.id)
    audit.record("accounts.roles_changed", account_id=user.id, before=before, after=after)


def disable(user_id: uuid.UUID, reason: str = "", *, by: Actor) -> User:
    """Nobody signs in any more; sessions end, tokens do not work. Raises AlreadyDisabled, LastAdmin."""
    policy.lock_admins()
    user = taken(user_id, by=by)
    if user.disabled_at is not None:
        raise AlreadyDisabled()
    user.disabled_at = dt.datetime.now(dt.UTC)
    if "admin" in user.roles:
        policy.leave_an_admin()
    db.session.flush()
    auth.end_all(user.id, "account disabled")
    changed_at_once(user.id)
    audit.record("accounts.disabled", account_id=user.id, reason=reason)
    return user


def enable(user_id: uuid.UUID, *, by: Actor) -> User:
    user = taken(user_id, by=by)
    if user.disabled_at is None:
        raise NotDisabled()
    user.disabled_at = None
    db.session.flush()
    changed_at_once(user.id)
    audit.record("accounts.enabled", account_id=user.id)
    return user


def sign_out(user_id: uuid.UUID, *, by: Actor) -> None:
    """End every session of the person; their tokens stay."""
    user = taken(user_id, by=by)
    auth.end_all(user.id, "signed out by an administrator")
    audit.record("accounts.signed_out", account_id=user.id)


def mail_reset(user_id: uuid.UUID, *, by: Actor) -> None:
    """Mail the person a link with which they, and nobody else, set a new password."""
    user = taken(user_id, by=by)
    if user.disabled_at is not None or user.deletion_at is not None:
        raise AlreadyDisabled("The account is disabled, or about to be deleted.")
    auth.send_reset(user, "auth.reset_password")
    audit.record("accounts.reset_sent", account_id=user.id)


def taken(user_id: uuid.UUID, *, by: Actor) -> User:
    """The account, locked, for somebody who may manage it."""
    user = found(take(one(user_id)))
    policy.may_manage(user, by=by)
    return user


def one(user_id: uuid.UUID) -> sa.Select[tuple[User]]:
    return sa.select(User).where(User.id == user_id, User.erased_at.is_(None))


def found(user: User | None) -> User:
    if user is None:
        raise NoSuchUser()
    return user


def changed_at_once(user_id: uuid.UUID) -> None:
    """Whatever remembers what the person may do asks the database again, once the change is safe."""
    after_commit(lambda: auth.forget_user(user_id))
