"""Idempotency-Key: the same key gets the first answer again and changes nothing more.

The key is a row in the same transaction as the change. Of two requests at once the second waits on the
unique index until the first commits; when the first rolls back, the second does the work.
"""

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.access import me
from app.db.base import Base
from app.errors import BadRequest, Conflict

if TYPE_CHECKING:
    from app.web.operation import Operation

KEPT = dt.timedelta(hours=24)
KEY = re.compile(r"[\x21-\x7e]{1,100}")
REPLAYED = "Idempotency-Replayed"


class KeyReused(Conflict):
    title = "This Idempotency-Key was used for another request."


class IdempotencyKey(Base):
    """A request that was answered: whose, which, and with what."""

    __tablename__ = "core_idempotency_key"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int | None]
    headers: Mapped[dict | None] = mapped_column(sa.JSON())
    body: Mapped[bytes | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now(), index=True)


def guard(operation: "Operation", answer: Callable[[dict], Response]) -> Callable[[dict], Response]:
    """`answer`, done at most once for each key of a person."""

    def guarded(path: dict) -> Response:
        key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return answer(path)
        if not KEY.fullmatch(key):
            raise BadRequest("The Idempotency-Key is malformed.", errors={"/header/Idempotency-Key": "1 to 100 visible ASCII characters."})
        earlier = claim(key)
        if earlier is not None:
            return earlier
        response = answer(path)
        remember(key, response)
        return response

    return guarded


def fingerprint() -> bytes:
    what = f"{request.method} {request.full_path}\0{request.mimetype}\0".encode()
    return hashlib.blake2b(what + request.get_data(), digest_size=16).digest()


def claim(key: str) -> Response | None:
    """None when the key is ours now; the stored answer when it was used before."""
    from app.extensions import db

    row = {"user_id": me().user_id, "key": key, "fingerprint": fingerprint()}
    claimed = insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.key)
    mine = sa.select(IdempotencyKey).where(IdempotencyKey.user_id == row["user_id"], IdempotencyKey.key == key)
    while db.session.scalar(claimed) is None:
        stored = db.session.scalars(mine.with_for_update()).one_or_none()
        if stored is None:
            continue  # an old one, which another request or the purge has just deleted
        if stored.created_at < dt.datetime.now(dt.UTC) - KEPT:
            db.session.delete(stored)
            db.session.flush()
            continue
        if stored.fingerprint != row["fingerprint"]:
            raise KeyReused()
        response = Response(stored.body, stored.status)
        response.headers.update(stored.headers or {})
        response.headers[REPLAYED] = "true"
        return response
    return None


def remember(key: str, response: Response) -> None:
    from app.extensions import db

    headers = {name: value for name, value in response.headers.items() if name in {"Content-Type", "ETag", "Location"}}
    mine = sa.update(IdempotencyKey).where(IdempotencyKey.user_id == me().user_id, IdempotencyKey.key == key)
    db.session.execute(mine.values(status=response.status_code, headers=headers, body=response.get_data()))


def is_old() -> sa.ColumnElement[bool]:
    """Whether an answer need not be repeated any more."""
    return IdempotencyKey.created_at < sa.func.now() - KEPT
