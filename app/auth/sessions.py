"""Sign in, refresh, sign out. Access tokens are short; refresh tokens rotate and are used once.

Rotation with reuse detection follows RFC 9700, section 4.14.2, with ten seconds of grace for the link just
behind the newest: two tabs refresh at once, or an answer is lost on the way.
"""

import datetime as dt
import hashlib
import hmac
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa
from flask import current_app
from flask_jwt_extended import create_access_token

from app import accounts, audit
from app.access import Actor
from app.accounts import User
from app.auth import guard, places, policy, secrets, tokens
from app.auth.factors import held, pending
from app.auth.factors.pending import SecondFactor
from app.auth.known import forget_session
from app.auth.models import RefreshToken, Session
from app.auth.passwords import hasher
from app.config import key_id
from app.db import Prepared, Search, after_commit, bind, unit_of_work
from app.errors import Forbidden, InvalidToken, NotFound, Unauthorized
from app.extensions import db

log = logging.getLogger(__name__)

GRACE = dt.timedelta(seconds=10)


class WrongPassword(Forbidden):
    title = "The present password is wrong."


class WrongCredentials(Unauthorized):
    title = "The address or the password is wrong."


class AddressNotVerified(Forbidden):
    title = "Confirm your address first: a mail with a link was sent to it."


@dataclass(frozen=True)
class Tokens:
    """What a client gets. ``expires_in`` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User | None = None
    token_type: str = "Bearer"


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from."""

    user_agent: str
    address: str


def log_in(email: str, password: str, solution: str | None = None, *, device: Device) -> Tokens | SecondFactor:
    """Raises WrongCredentials, which takes as long and says the same whether or not the account exists."""
    key = accounts.normalise(email)
    attempts = guard.admit(key, device.address, solution)
    verified = verify(key, policy.normalise(password), known=guard.is_known(attempts))
    if not verified.right:
        refuse(attempts, verified.user_id)
    guard.passed(attempts)
    with unit_of_work():
        # Locked: a change of the password either sees this session, to end it, or is seen here.
        user = accounts.lock(verified.user_id)
        if user.password_hash != verified.password_hash or user.disabled_at is not None:
            raise WrongCredentials()
        if verified.fresh_hash is not None:
            replace_hash(user, verified.fresh_hash)
        return complete(user, device)


def refuse(attempts: guard.Attempts, account_id: uuid.UUID | None) -> NoReturn:
    log.info("log-in refused")
    with unit_of_work():
        guard.failed(attempts, account_id)
    raise WrongCredentials()


@dataclass(frozen=True)
class Verified:
    """Whose password was typed, if it was ``right``, and that password hashed anew where the settings have changed."""

    right: bool
    user_id: Any
    password_hash: str | None
    fresh_hash: str | None


def verify(email_key: str, password: str, *, known: bool) -> Verified:
    # A prepared read: no connection is held while hashing, or a flood of log-ins would take the pool from the others.
    found = CREDENTIALS.one(email_key=email_key)
    stored = found.password_hash if found else None
    right = hasher().verify(stored, password, known=known) and found is not None and found.disabled_at is None
    fresh = hasher().hash(password) if right and stored is not None and hasher().outdated(stored) else None
    return Verified(right, found.id if found else None, stored, fresh)


def complete(user: User, device: Device, methods: Sequence[str] = ("password",)) -> Tokens | SecondFactor:
    """Whoever has proven to be this person, by these methods, is signed in: the one way in which sessions begin.

    Inside of the unit of work that has locked the account (:func:`app.accounts.lock`) and found it enabled. An account with
    a second factor that these methods did not prove gets a SecondFactor instead: what is still to be proven. Raises
    AddressNotVerified where nobody may sign in before that.
    """
    if current_app.config["AUTH_VERIFICATION"] == "required" and user.verified_at is None:
        raise AddressNotVerified()
    if not held.proven(methods) and (second := held.methods_of(user.id)):
        return pending.ask(user, methods, second)
    given = start(user, device.user_agent, device.address, methods)
    places.remember(user.id, user.email_key, device.address)
    audit.record("auth.signed_in", account_id=user.id, by=user.id, methods=list(methods))
    return given


CREDENTIALS = Prepared(
    lambda: sa.select(User.id, User.password_hash, User.disabled_at).where(User.email_key == bind("email_key", User.email_key))
)

HASH = Prepared(lambda: sa.select(User.password_hash).where(User.id == bind("id", User.id)))


def replace_hash(user: User, new_hash: str) -> bool:
    """Whether the hash was still the one that was verified."""
    unchanged = sa.update(User).where(User.id == user.id, User.password_hash == user.password_hash)
    changed = db.session.execute(unchanged.values(password_hash=new_hash).execution_options(synchronize_session=False))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def start(user: User, user_agent: str, address: str, methods: Sequence[str] = ("password",)) -> Tokens:
    """A new session with its first tokens."""
    session = Session(user_id=user.id, user_agent=user_agent[:200], address=address[:45], expires_at=expiry(now()))
    session.methods = list(methods)
    db.session.add(session)
    db.session.flush()
    token = secrets.new(secrets.REFRESH)
    db.session.add(RefreshToken(hash=secrets.digest(token), session_id=session.id))
    db.session.flush()
    log.info("session started", extra={"account": str(user.id), "session": str(session.id)})
    return give(user.id, session.id, token, user)


def expiry(began: dt.datetime) -> dt.datetime:
    """When a session that is used now ends: after a time without use, or when its life is over."""
    idle, life = (dt.timedelta(days=current_app.config[name]) for name in ("SESSION_DAYS", "SESSION_LIFETIME_DAYS"))
    return min(now() + idle, began + life)


def refresh(token: str) -> Tokens:
    """New tokens for a refresh token. Raises InvalidToken; a link that was used before ends the whole session."""
    if not secrets.well_formed(token, secrets.REFRESH):
        raise InvalidToken("This is not a refresh token.")
    with unit_of_work():
        found = rotate(token)
    if found is None:
        raise InvalidToken("The session has ended. Sign in again.")
    return found


def rotate(token: str) -> Tokens | None:
    """None when the session has ended, now or before; that must be committed, so it is no error in here."""
    link = db.session.get(RefreshToken, secrets.digest(token))
    session = link and lock(link.session_id)
    if link is None or session is None or session.ended_at is not None or session.expires_at <= now():
        return None
    db.session.refresh(link)
    successor = next_token(token, session.id)
    if link.used_at is None:
        link.used_at, link.successor = now(), secrets.digest(successor)
        db.session.add(RefreshToken(hash=link.successor, session_id=session.id))
        session.last_seen_at = now()
        session.expires_at = expiry(session.created_at)
        db.session.flush()
        return give(session.user_id, session.id, successor)
    newest = db.session.get(RefreshToken, link.successor)
    if newest is not None and newest.used_at is None and link.used_at > now() - GRACE:
        return give(session.user_id, session.id, successor)
    log.warning("a used refresh token came back: session ended", extra={"account": str(session.user_id), "session": str(session.id)})
    end(session, "refresh token reused")
    audit.record("auth.refresh_reused", account_id=session.user_id, session_id=str(session.id))
    return None


def next_token(token: str, session_id: uuid.UUID) -> str:
    """The successor of a token: only who has the token and our key can compute it, so nothing but hashes is stored."""
    key = hashlib.blake2b(current_app.config["SECRET_KEY"].encode(), person=b"z2h-refresh").digest()
    return secrets.dress(secrets.REFRESH, hmac.digest(key, token.encode() + session_id.bytes, "sha256"))


def give(
    user_id: uuid.UUID, session_id: uuid.UUID, refresh_token: str, user: User | None = None, *, life: dt.timedelta | None = None
) -> Tokens:
    """An access token of the session; ``life`` is how long it is good for, where that is not the setting's to say."""
    life = life or dt.timedelta(seconds=current_app.config["ACCESS_TOKEN_SECONDS"])
    access = create_access_token(
        str(user_id),
        expires_delta=life,
        additional_claims={"sid": str(session_id)},
        additional_headers={"kid": key_id(current_app.config["JWT_KEYS"][0])},
    )
    return Tokens(access, refresh_token, int(life.total_seconds()), user)


SESSIONS = Search(
    columns=(
        Session.id,
        Session.created_at,
        Session.last_seen_at,
        Session.expires_at,
        Session.user_agent,
        Session.address,
        Session.authenticated_at,
        Session.methods,
        (Session.id == bind("current", Session.id)).label("current"),
    ),
    where=lambda: (Session.user_id == bind("user_id", Session.user_id), Session.ended_at.is_(None), Session.expires_at > sa.func.now()),
    key=Session.id,
)


def listing(*, by: Actor):
    return SESSIONS.listing({}, sort="-", user_id=by.user_id, current=by.session_id)


def revoke(session_id: uuid.UUID, *, by: Actor, act: str = "auth.session_revoked") -> None:
    session = lock(session_id)
    if session is None or session.user_id != by.user_id or session.ended_at is not None:
        raise NotFound("There is no such session.")
    end(session, "revoked")
    audit.record(act, account_id=by.user_id, session_id=str(session_id))


def revoke_others(*, by: Actor, reason: str = "revoked") -> None:
    """End every session of the person but the one in use."""
    end_all(by.user_id, reason, keep=by.session_id)


def end_all(user_id: uuid.UUID | None, reason: str, *, keep: uuid.UUID | None = None) -> None:
    """End every session of a person, and those in which they act in the place of others."""
    theirs = sa.or_(Session.user_id == user_id, Session.impersonator_id == user_id)
    for session in db.session.scalars(sa.select(Session).where(theirs, Session.ended_at.is_(None)).order_by(Session.id).with_for_update()):
        if session.id != keep:
            end(session, reason)
            audit.record("auth.session_revoked", account_id=session.user_id, session_id=str(session.id))


def log_out(*, by: Actor) -> None:
    if by.session_id is None:
        raise NotFound("This token belongs to no session; revoke the token instead.")
    revoke(by.session_id, by=by, act="auth.signed_out")


def end(session: Session, reason: str) -> None:
    session.ended_at, session.end_reason = now(), reason
    db.session.flush()
    session_id = session.id
    after_commit(lambda: forget_session(session_id))
    log.info("session ended: %s", reason, extra={"account": str(session.user_id), "session": str(session.id)})


def end_everything(user_id: uuid.UUID, reason: str) -> None:
    """No session and no personal token of the person is good any more."""
    end_all(user_id, reason)
    tokens.revoke_all(user_id)


def lock(session_id: uuid.UUID) -> Session | None:
    wanted = sa.select(Session).where(Session.id == session_id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
