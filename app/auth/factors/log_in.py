"""Signing in with a second factor, or with a passkey alone."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from app import accounts, audit
from app.accounts import User
from app.auth import sessions
from app.auth.factors import ceremony, held, passkeys, pending, proofs
from app.auth.factors.proofs import Proof
from app.auth.sessions import Device, Tokens
from app.db import unit_of_work
from app.errors import AppError, NotFound, Unauthorized

log = logging.getLogger(__name__)


class LogInExpired(Unauthorized):
    title = "This log-in is over. Begin again."


class WrongSecondFactor(Unauthorized):
    title = "The code or the passkey is wrong, or was used before."


class WrongPasskey(Unauthorized):
    title = "This passkey does not open an account here."


def challenge() -> dict[str, Any]:
    """What the browser needs to ask for a passkey of whoever sits before it."""
    return ceremony.request_options(ceremony.LOG_IN, None, (), ceremony.REQUIRED)


def with_passkey(credential: Mapping[str, Any], *, device: Device) -> Tokens:
    """Raises WrongPasskey, AddressNotVerified. The passkey has verified its person: it is both factors at once."""
    with unit_of_work():
        outcome = passkey_alone(credential, device)
    if outcome is None:
        raise WrongPasskey()
    return outcome


def passkey_alone(credential: Mapping[str, Any], device: Device) -> Tokens | None:
    user = locked(passkeys.owner(credential))
    if user is None or not passkeys.use(credential, ceremony.LOG_IN, user.id, None, ceremony.REQUIRED):
        log.info("log-in by passkey refused")
        return None
    return None if user.disabled_at is not None else sessions.complete(user, device, [held.PASSKEY])  # type: ignore[return-value]


def finish(token: str, proof: Proof, *, device: Device) -> Tokens:
    """Raises LogInExpired, WrongSecondFactor, TooManyAttempts, AddressNotVerified."""
    owner_id = pending.owner(token)
    if owner_id is None:
        raise LogInExpired()
    proofs.admit(owner_id, proof)
    with unit_of_work():
        outcome = second_step(token, owner_id, proof, device)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def second_step(token: str, owner_id: uuid.UUID, proof: Proof, device: Device) -> Tokens | AppError:
    """A refusal is returned, not raised: that the attempt was made must be committed."""
    user = locked(owner_id)
    first = user and pending.attempt(token, user)
    if user is None or first is None:
        return LogInExpired()
    second = proofs.prove(user.id, proof, ceremony.SECOND_FACTOR, ceremony.PREFERRED)
    if not second:
        audit.record("auth.second_factor_refused", account_id=user.id)
        log.info("second factor refused", extra={"account": str(user.id)})
        return WrongSecondFactor()
    pending.finish(token)
    return sessions.complete(user, device, [*first, *second])  # type: ignore[return-value]


def locked(user_id: uuid.UUID | None) -> User | None:
    try:
        return accounts.lock(user_id) if user_id else None
    except NotFound:
        return None
