"""Leaving: asked for, taken back within the days of grace, and then for good.

1. Asked for: sessions end and tokens stop working. Who signs in may do nothing but take it back (`accounts.WHILE_LEAVING`).
2. The days of grace are over (:func:`close`): nobody signs in any more, and a last mail has an hour to leave.
3. Erased (:func:`erase`): nothing personal is left in the row, and `accounts.user_deleted` makes every stage forget. The row
   itself stays while they do, for their foreign keys.
4. Gone (:func:`bury`): once every listener has done its work. Foreign keys take with them what nobody thought of.
"""

import datetime as dt
import uuid

import sqlalchemy as sa
from flask import current_app

from app import audit, auth
from app.access import Actor
from app.accounts.admin import policy
from app.accounts.admin.users import changed_at_once
from app.accounts.events import UserDeleted
from app.accounts.models import Export, Grant, User
from app.accounts.own.letters import tell
from app.background import background
from app.db import after_commit, unit_of_work
from app.errors import Conflict, Forbidden, NotFound
from app.events import emit
from app.extensions import db
from app.outbox import DEAD, Call

FAREWELL = dt.timedelta(hours=1)
"""What the last mail has to leave, before its row goes with everything else."""


class AlreadyLeaving(Conflict):
    title = "Your account is going to be deleted already."


class NotLeaving(NotFound):
    title = "Nobody asked for the deletion of this account."


def request(password: str | None, *, by: Actor) -> User:
    """Raises WrongPassword, TooManyAttempts, ReauthenticationRequired (without a password), LastAdmin, AlreadyLeaving."""
    confirm(password, by=by)
    with unit_of_work():
        policy.lock_admins()
        user = locked(by.user_id)
        if user.deletion_at is not None:
            raise AlreadyLeaving()
        user.deletion_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=current_app.config["ACCOUNTS_GRACE_DAYS"])
        if "admin" in user.roles:
            policy.leave_an_admin()
        db.session.flush()
        auth.end_all(user.id, "deletion requested")
        changed_at_once(user.id)
        audit.record("accounts.deletion_requested", account_id=user.id)
        tell(user, "accounts.deletion_requested", deletion_at=user.deletion_at)
        return user


def confirm(password: str | None, *, by: Actor) -> None:
    """Outside of the unit of work: a wrong guess counts although it is refused, and nothing is held while hashing."""
    if by.session_id is None:
        raise Forbidden("A token cannot delete the account that it belongs to: sign in for that.")
    if password is None:
        auth.require_recent(by)
    else:
        auth.prove_password(password, by=by, at="/password")


def cancel(*, by: Actor) -> None:
    """Everything is as it was, but for the sessions that have ended. Raises NotLeaving."""
    user = locked(by.user_id)
    if user.deletion_at is None:
        raise NotLeaving()
    user.deletion_at = None
    db.session.flush()
    changed_at_once(user.id)
    audit.record("accounts.deletion_canceled", account_id=user.id)
    tell(user, "accounts.deletion_canceled")


def close() -> None:
    """Whose days of grace are over is kept out, gets a last mail and is erased in an hour."""
    due = sa.select(User).where(User.deletion_at <= sa.func.now(), User.erased_at.is_(None)).order_by(User.id)
    for user in db.session.scalars(due.with_for_update()):
        moment = dt.datetime.now(dt.UTC)
        user.disabled_at, user.erased_at = user.disabled_at or moment, moment + FAREWELL
        db.session.flush()
        auth.end_all(user.id, "deleted")
        tell(user, "accounts.deleted")
        erase.enqueue(run_at=user.erased_at, user_id=str(user.id))


@background("accounts.erase")
def erase(user_id: str) -> None:
    """Take everything personal out of the row and have every stage forget the person."""
    wanted = sa.select(User).where(User.id == uuid.UUID(user_id), User.deletion_at <= sa.func.now(), User.erased_at.is_not(None))
    user = db.session.scalars(wanted.with_for_update()).one_or_none()
    if user is None:
        return
    # What failed for good is kept for the operator, who can do without what names the person.
    db.session.execute(sa.delete(Call).where(Call.state == DEAD, Call.payload.cast(sa.Text).contains(user.email, autoescape=True)))
    nowhere = f"{user.id}@deleted.invalid"
    user.email, user.email_key, user.name, user.password_hash, user.roles = nowhere, nowhere, "", None, []
    user.verified_at = None
    user.deletion_at = None
    for kind in (Grant, Export):
        db.session.execute(sa.delete(kind).where(kind.user_id == user.id))
    db.session.flush()
    audit.record("accounts.erased", account_id=user.id)
    emit(UserDeleted(user.id))
    gone = user.id
    after_commit(lambda: auth.forget_user(gone))


def bury() -> None:
    """Delete the rows of those whom every stage has forgotten. A listener that still waits, or has failed, keeps its row."""
    listening = sa.exists().where(
        Call.function.startswith(f"{UserDeleted.name} > "), Call.payload["user_id"].astext == User.id.cast(sa.Text)
    )
    erased = sa.delete(User).where(User.erased_at <= sa.func.now(), User.deletion_at.is_(None), ~listening)
    db.session.execute(erased.execution_options(synchronize_session=False))


def locked(user_id: uuid.UUID | None) -> User:
    wanted = sa.select(User).where(User.id == user_id, User.erased_at.is_(None)).execution_options(populate_existing=True)
    user = db.session.scalars(wanted.with_for_update()).one_or_none()
    if user is None:
        raise NotLeaving()
    return user
