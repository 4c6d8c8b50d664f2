"""Permissions given to a role or to one person, on top of what the manifests give."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app import audit, auth
from app.access import Actor
from app.accounts.admin import policy, users
from app.accounts.models import Grant
from app.db import Search, after_commit, new_id
from app.errors import NotFound
from app.extensions import db


class NotGranted(NotFound):
    title = "This permission was not granted."


GRANTS = Search(
    columns=(Grant.id, Grant.role, Grant.user_id, Grant.permission),
    where=lambda: (),
    filters={
        "role": (lambda value: Grant.role == value, Grant.role),
        "user_id": (lambda value: Grant.user_id == value, Grant.user_id),
        "permission": (lambda value: Grant.permission == value, Grant.permission),
    },
    key=Grant.id,
)


def search(filters: Mapping[str, Any]):
    """The newest first."""
    return GRANTS.listing(filters, sort="-")


def grant(permission: str, *, to: Mapping[str, Any], by: Actor) -> Grant:
    """``to`` is a `role` or a `user_id`; what was granted before stays. Raises NoSuchPermission, MissingPermission."""
    allowed(permission, to, by=by)
    new = insert(Grant).values({"id": new_id(), "permission": permission, **to}).on_conflict_do_nothing().returning(Grant.id)
    if db.session.scalar(new) is not None:
        note("accounts.permission_granted", permission, to)
    return db.session.scalars(sa.select(Grant).filter_by(permission=permission, **to)).one()


def revoke(permission: str, *, to: Mapping[str, Any], by: Actor) -> None:
    allowed(permission, to, by=by)
    gone = sa.delete(Grant).filter_by(permission=permission, **to)
    if not db.session.execute(gone).rowcount:  # type: ignore[attr-defined]
        raise NotGranted()
    note("accounts.permission_revoked", permission, to)


def allowed(permission: str, to: Mapping[str, Any], *, by: Actor) -> None:
    policy.may_grant(permission, by=by)
    if "user_id" in to:
        users.taken(to["user_id"], by=by)


def note(action: str, permission: str, to: Mapping[str, Any]) -> None:
    """Write it down, and have it act at once."""
    if "user_id" in to:
        audit.record(action, account_id=to["user_id"], permission=permission)
        users.changed_at_once(to["user_id"])
    else:
        audit.record(action, permission=permission, role=to["role"])
        after_commit(lambda: auth.forget_role(to["role"]))
