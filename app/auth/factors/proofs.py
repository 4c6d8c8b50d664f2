"""Codes and passkeys that come as proof, whatever they are to prove."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.auth import throttle
from app.auth.factors import authenticator, held, passkeys, recovery, totp


@dataclass(frozen=True)
class Proof:
    """What was sent: a code, an answer of an authenticator, or both."""

    code: str | None = None
    passkey: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.code is not None or self.passkey is not None


def admit(user_id: uuid.UUID, proof: Proof) -> None:
    """Count a code before it is looked at; passkeys cannot be guessed. Raises TooManyAttempts.

    Outside of a unit of work. Whoever knows the password can make codes slow for its owner, but not passkeys.
    """
    if proof.code is not None:
        throttle.attempt(throttle.CODE, key(user_id))


def prove(user_id: uuid.UUID, proof: Proof, purpose: str, verify) -> list[str]:
    """The methods that were proven: all that were tried, or none. The account is locked, and what was wrong must be committed."""
    found: list[str] = []
    if proof.passkey is not None:
        if not passkeys.use(proof.passkey, purpose, user_id, user_id, verify):
            return []
        found.append(held.PASSKEY)
    if proof.code is not None:
        method = by_code(user_id, proof.code)
        if method is None:
            return []
        throttle.forget(key(user_id))
        found.append(method)
    return found


def by_code(user_id: uuid.UUID, code: str) -> str | None:
    """`totp` or `recovery` when the code is right; it is spent then."""
    plain = "".join(code.split())
    if plain.isdigit() and len(plain) == totp.DIGITS:
        return held.TOTP if authenticator.use(user_id, plain) else None
    return held.RECOVERY if recovery.use(user_id, plain) else None


def key(user_id: uuid.UUID) -> bytes:
    return throttle.key_of(throttle.CODE, str(user_id))
