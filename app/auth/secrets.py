"""Recognisable secrets: a prefix that scanners know, 30 random characters, a checksum.

The format is GitHub's: prefix, base 62, CRC-32 of it in six characters; a mistyped token is told apart
without asking the database.
"""

import hashlib
import secrets
import string
import zlib

PERSONAL = "z2h_pat_"
REFRESH = "z2h_rt_"
SECOND_FACTOR = "z2h_2fa_"
MAIL = "z2h_ml_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH, CHECKSUM = 43, 6


def new(prefix: str) -> str:
    """A fresh secret with 256 bits of randomness."""
    return dress(prefix, secrets.token_bytes(32))


def dress(prefix: str, raw: bytes) -> str:
    body = base62(int.from_bytes(raw, "big"), LENGTH)
    return f"{prefix}{body}{checksum(prefix + body)}"


def well_formed(token: str, prefix: str) -> bool:
    """Whether the checksum is right; says nothing about whether the token was ever given out."""
    if not token.startswith(prefix) or len(token) != len(prefix) + LENGTH + CHECKSUM or not token.isascii():
        return False
    return secrets.compare_digest(token[-CHECKSUM:], checksum(token[:-CHECKSUM]))


def digest(token: str) -> bytes:
    """What is stored. Plain SHA-256 does: 256 random bits cannot be guessed from it."""
    return digest_bytes(token.encode())


def digest_bytes(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def checksum(text: str) -> str:
    return base62(zlib.crc32(text.encode()), CHECKSUM)


def base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))
