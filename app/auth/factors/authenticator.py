"""The authenticator app of a person: begun with a secret, in use once a code has proven that it arrived."""

import logging
import time
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from app import accounts, audit
from app.access import Actor
from app.auth.factors import held, recovery, totp
from app.auth.factors.models import Totp
from app.auth.factors.telling import tell
from app.auth.factors.vault import Unreadable, seal, unseal
from app.auth.recent import proved, require_recent
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db

log = logging.getLogger(__name__)

ISSUER = "Zero2Hero"


class NothingToConfirm(Conflict):
    title = "No authenticator app waits for its first code."


class WrongCode(Forbidden):
    title = "The code is wrong, was used before, or is too old."


@dataclass(frozen=True)
class Enrolment:
    """Shown this once: for typing, and for a QR code."""

    secret: str
    uri: str


@dataclass(frozen=True)
class Confirmed:
    recovery_codes: list[str]


def enrol(*, by: Actor) -> Enrolment:
    """A fresh secret; one in use stays so until the new one is confirmed. Raises ReauthenticationRequired."""
    require_recent(by)
    user = accounts.lock(by.user_id)
    secret = totp.new_secret()
    db.session.execute(sa.delete(Totp).where(Totp.user_id == user.id, Totp.confirmed_at.is_(None)))
    db.session.add(Totp(user_id=user.id, secret=seal(secret)))
    db.session.flush()
    return Enrolment(totp.base32(secret), totp.uri(secret, user.email, ISSUER))


def confirm(code: str, *, by: Actor) -> Confirmed:
    """Take it into use, with recovery codes if there are none yet. Raises NothingToConfirm, WrongCode."""
    require_recent(by)
    user = accounts.lock(by.user_id)
    begun = db.session.scalars(sa.select(Totp).where(Totp.user_id == user.id, Totp.confirmed_at.is_(None))).one_or_none()
    if begun is None:
        raise NothingToConfirm()
    step = matching_step(begun.secret, code)
    if step is None:
        raise WrongCode(errors={"/code": "This is not the code of the moment."})
    db.session.execute(sa.delete(Totp).where(Totp.user_id == user.id, Totp.confirmed_at.is_not(None)))
    begun.confirmed_at, begun.last_step = sa.func.now(), step
    db.session.flush()
    audit.record("auth.totp_enrolled", account_id=user.id)
    tell(user, "An authenticator app was added to your account.")
    proved(held.TOTP, by=by)
    return Confirmed([] if recovery.left(user.id) else recovery.make(user.id))


def disable(*, by: Actor) -> None:
    """Raises NotFound, ReauthenticationRequired, SecondFactorRequired."""
    require_recent(by)
    user = accounts.lock(by.user_id)
    gone = db.session.scalars(sa.delete(Totp).where(Totp.user_id == user.id).returning(Totp.confirmed_at)).all()
    if not any(gone):
        raise NotFound("There is no authenticator app.")
    held.lost(user)
    audit.record("auth.totp_disabled", account_id=user.id)
    tell(user, "The authenticator app was removed from your account.")


def use(user_id: uuid.UUID, code: str) -> bool:
    """Whether the code is right and newer than every one that was accepted before (RFC 6238, section 5.2)."""
    found = db.session.execute(sa.select(Totp.id, Totp.secret).where(Totp.user_id == user_id, Totp.confirmed_at.is_not(None))).one_or_none()
    step = matching_step(found.secret, code) if found is not None else None
    if found is None or step is None:
        return False
    unused = sa.update(Totp).where(Totp.id == found.id, Totp.last_step < step)
    return bool(db.session.execute(unused.values(last_step=step).execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def matching_step(sealed: bytes, code: str) -> int | None:
    try:
        return totp.matching_step(unseal(sealed), code, time.time())
    except Unreadable:
        log.error("a secret was sealed under another SECRET_KEY: its authenticator app must be enrolled anew")
        return None
