"""Time-based one-time passwords (RFC 6238 upon RFC 4226): SHA-1, six digits, thirty seconds, as authenticator apps expect."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

DIGITS, PERIOD, DRIFT = 6, 30, 1
"""``DRIFT`` steps before and after the present one are accepted: clocks differ and typing takes time."""


def new_secret() -> bytes:
    """160 random bits, the length that RFC 4226 recommends."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    mac = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(seconds: float) -> int:
    return int(seconds) // PERIOD


def matching_step(secret: bytes, code: str, seconds: float) -> int | None:
    """The step whose code this is, the newest first; compares all of them, in constant time."""
    present = step_of(seconds)
    steps = range(present + DRIFT, present - DRIFT - 1, -1)
    right = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return right[0] if right else None


def base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, account: str, issuer: str) -> str:
    """What the QR code holds (Google Authenticator's Key Uri Format)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    query = urlencode({"secret": base32(secret), "issuer": issuer, "digits": DIGITS, "period": PERIOD}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
