"""Who may do what to whose account."""

import sqlalchemy as sa
from flask import current_app

from app.access import Actor
from app.accounts.models import Grant, User
from app.errors import Conflict, Forbidden, MissingPermission, NotFound
from app.extensions import db


class LastAdmin(Conflict):
    title = "Somebody must stay administrator: make another one first."


class OnlyAdmins(Forbidden):
    title = "Only administrators may do that."


class NoSuchPermission(NotFound):
    title = "No stage declares this permission."


def may_manage(user: User, *, by: Actor) -> None:
    """Raises OnlyAdmins: those who manage accounts without being administrators leave administrators alone."""
    if "admin" in user.roles and not is_admin(by):
        raise OnlyAdmins()


def is_admin(actor: Actor) -> bool:
    return actor.everything or "admin" in actor.roles


def may_give(role: str, *, by: Actor) -> None:
    """Raises OnlyAdmins, MissingPermission: nobody gives or takes what they, or the token they use, do not have."""
    if role == "admin" and not is_admin(by):
        raise OnlyAdmins()
    if missing := sorted(p for p in permissions_of_role(role) if not by.may(p)):
        raise MissingPermission(f"The role {role} has permissions that you do not have: {', '.join(missing)}.")


def may_grant(permission: str, *, by: Actor) -> None:
    """Raises NoSuchPermission, MissingPermission."""
    if permission not in current_app.extensions["stages"].permissions:
        raise NoSuchPermission()
    by.require(permission)


def permissions_of_role(role: str) -> frozenset[str]:
    stages = current_app.extensions["stages"]
    granted = db.session.scalars(sa.select(Grant.permission).where(Grant.role == role))
    return stages.granted(role) | (frozenset(granted) & frozenset(stages.permissions))


def lock_admins() -> None:
    """Keep the administrators who can sign in from changing until the unit of work ends.

    Before the account itself is locked, and in the order of ids: of two administrators who take each other's role at once, the
    second waits here and then finds only one left.
    """
    db.session.execute(remaining().order_by(User.id).with_for_update(key_share=True))


def leave_an_admin() -> None:
    """Raises LastAdmin when the open unit of work has left nobody. Those who asked to be deleted do not count."""
    db.session.flush()
    if db.session.scalar(remaining().limit(1)) is None:
        raise LastAdmin()


def remaining() -> sa.Select:
    able = (User.disabled_at.is_(None), User.deletion_at.is_(None))
    return sa.select(User.id).where(User.roles.contains(["admin"]), *able)
