"""Codes and passkeys that come as proof, whatever they are to prove."""

import uuid
from collections.abc import Mapping
from typing import Any

from app.auth.factors import authenticator, guesses, held, passkeys, recovery, totp

Proof = Mapping[str, Any] | None


def by_code(user_id: uuid.UUID, code: str) -> str | None:
    """`totp` or `recovery` when the code is right; it is spent then."""
    plain = "".join(code.split())
    if plain.isdigit() and len(plain) == totp.DIGITS:
        return held.TOTP if authenticator.use(user_id, plain) else None
    return held.RECOVERY if recovery.use(user_id, plain) else None


def prove(user_id: uuid.UUID, code: str | None, passkey: Proof, purpose: str, verify) -> list[str]:
    """The methods that were proven: all that were tried, or none. The account is locked. Raises nothing: counts must be committed."""
    if code is None and passkey is None:
        return []
    found: list[str] = []
    if passkey is not None:
        if not passkeys.use(passkey, purpose, user_id, user_id, verify):
            return []
        found.append(held.PASSKEY)
    if code is not None:
        if not guesses.take(user_id) or (method := by_code(user_id, code)) is None:
            return []
        guesses.forget(user_id)
        found.append(method)
    return found
