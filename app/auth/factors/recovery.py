"""Recovery codes: ten of 120 random bits each, of which only keyed hashes are kept; each works once."""

import base64
import secrets
import uuid

import sqlalchemy as sa

from app import accounts, audit
from app.access import Actor
from app.auth.factors import held
from app.auth.factors.models import RecoveryCode
from app.auth.factors.telling import tell
from app.auth.factors.vault import keyed_hash
from app.auth.recent import require_recent
from app.errors import Conflict
from app.extensions import db

COUNT = 10


class NoSecondFactor(Conflict):
    title = "There is no second factor that these codes could stand in for."


def new_code() -> str:
    """24 letters and digits in groups of four."""
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 24, 4))


def renew(*, by: Actor) -> list[str]:
    """Ten new codes, shown this once; the old ones are void. Raises NoSecondFactor, ReauthenticationRequired."""
    require_recent(by)
    user = accounts.lock(by.user_id)
    if not held.methods_of(user.id):
        raise NoSecondFactor()
    tell(user, "Your account got new recovery codes; the old ones are void.")
    return make(user.id)


def make(user_id: uuid.UUID) -> list[str]:
    codes = [new_code() for _ in range(COUNT)]
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db.session.add_all(RecoveryCode(user_id=user_id, hash=hash_of(code)) for code in codes)
    db.session.flush()
    audit.record("auth.recovery_codes_made", account_id=user_id)
    return codes


def use(user_id: uuid.UUID, code: str) -> bool:
    """Whether it was one of theirs; it is none any more."""
    mine = sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.hash == hash_of(code))
    used = bool(db.session.execute(mine).rowcount)  # type: ignore[attr-defined]
    if used:
        audit.record("auth.recovery_code_used", account_id=user_id, by=user_id, left=left(user_id))
        tell(accounts.get(user_id), f"A recovery code opened your account; {left(user_id)} are left.")
    return used


def left(user_id: uuid.UUID) -> int:
    return db.session.scalars(sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)).one()


def hash_of(code: str) -> bytes:
    return keyed_hash("".join(c for c in code.lower() if c.isalnum()))
