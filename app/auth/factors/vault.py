"""Keys derived from SECRET_KEY, one for each purpose, and secrets that we must be able to read again."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app


class Unreadable(Exception):
    """It was sealed under another SECRET_KEY."""


def key(purpose: bytes) -> bytes:
    """32 bytes that nobody without SECRET_KEY can compute."""
    return hashlib.blake2b(current_app.config["SECRET_KEY"].encode(), digest_size=32, person=purpose).digest()


def seal(plain: bytes) -> bytes:
    return fernet().encrypt(plain)


def unseal(sealed: bytes) -> bytes:
    """Raises Unreadable."""
    try:
        return fernet().decrypt(sealed)
    except InvalidToken:
        raise Unreadable from None


def fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key(b"z2h-totp")))


def keyed_hash(text: str) -> bytes:
    """What is stored of a recovery code."""
    return hmac.digest(key(b"z2h-recovery"), text.encode(), "sha256")
