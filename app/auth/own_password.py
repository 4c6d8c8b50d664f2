"""The password of the person who asks: shown again, and changed."""

from app import accounts, audit
from app.access import Actor
from app.accounts import User
from app.auth import policy, throttle
from app.auth.passwords import hasher
from app.auth.recent import require_recent
from app.auth.sessions import HASH, WrongPassword, replace_hash, revoke_others
from app.auth.ways import keep_another
from app.db import unit_of_work
from app.errors import NotFound
from app.extensions import db
from app.notifications import send_mail


def prove(password: str, *, by: Actor, at: str = "/current_password") -> str:
    """The stored hash of a password that was right. Raises WrongPassword about the place ``at``, and TooManyAttempts.

    Outside of a unit of work: a wrong guess must be counted although it is refused.
    """
    tried = throttle.attempt(throttle.PASSWORD, throttle.key_of(throttle.PASSWORD, str(by.user_id)))
    found = HASH.one(id=by.user_id)
    stored = found.password_hash if found else None
    if not hasher().verify(stored, policy.normalise(password)) or stored is None:
        with unit_of_work():
            audit.record("auth.password_refused", account_id=by.user_id)
        raise WrongPassword(errors={at: "This is not your password."})
    throttle.forget(tried.key)
    return stored


def change(current: str, new: str, *, by: Actor) -> None:
    """Raises WrongPassword, PasswordRefused. Ends the person's other sessions and keeps this one."""
    me = accounts.get(by.user_id)
    new = policy.check(new, email=me.email, name=me.name, at="/new_password")
    stored = prove(current, by=by)
    new_hash = hasher().hash(new)
    with unit_of_work():
        user = locked(by, stored)
        replace_hash(user, new_hash)
        revoke_others(by=by, reason="password changed")
        audit.record("auth.password_changed", account_id=user.id)
        send_mail(user.email, "auth.password_was_changed", {"name": user.name, "how": "changed"}, account_id=user.id)


def remove(*, by: Actor) -> None:
    """Raises LastWayIn, NotFound, ReauthenticationRequired. Ends the person's other sessions, as a change does."""
    require_recent(by)
    assert by.user_id is not None
    user = keep_another(by.user_id, losing="password")
    if user.password_hash is None:
        raise NotFound("There is no password.")
    user.password_hash = None
    db.session.flush()
    revoke_others(by=by, reason="password removed")
    audit.record("auth.password_removed", account_id=user.id)
    send_mail(user.email, "auth.password_was_changed", {"name": user.name, "how": "removed"}, account_id=user.id)


def locked(by: Actor, stored: str, at: str = "/current_password") -> User:
    """The account, locked, as long as the password that was shown is still its own."""
    assert by.user_id is not None
    user = accounts.lock(by.user_id)
    if user.password_hash != stored:
        raise WrongPassword(errors={at: "It was changed a moment ago."})
    return user
