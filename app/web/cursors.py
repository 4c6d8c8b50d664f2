"""Opaque page cursors: the sort keys of the last row, signed so that nobody can make their own."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

import orjson
from flask import current_app

from app.errors import NotFound
from app.web.json import dumps

SIGNATURE = 12
"""Bytes of the keyed BLAKE2b signature."""


def encode(place: str, keys: Sequence[str]) -> str:
    """A cursor that is good for `place` (the operation and its sort order) only."""
    payload = dumps(list(keys))
    return base64.urlsafe_b64encode(sign(place, payload) + payload).rstrip(b"=").decode()


def decode(place: str, cursor: str, keys: int) -> list[str]:
    """The sort keys inside. Raises NoSuchPage for anything that :func:`encode` did not make for this place."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        raise NoSuchPage() from None
    signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
    if not hmac.compare_digest(signature, sign(place, payload)):
        raise NoSuchPage()
    found = orjson.loads(payload)
    if len(found) != keys:
        raise NoSuchPage()
    return found


class NoSuchPage(NotFound):
    title = "This list has no page at that cursor. Start again without it."


def sign(place: str, payload: bytes) -> bytes:
    key = hashlib.blake2b(current_app.config["SECRET_KEY"].encode(), person=b"z2h-cursor").digest()
    return hashlib.blake2b(place.encode() + b"\0" + payload, key=key, digest_size=SIGNATURE).digest()
