"""Which second factors somebody has."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.access import Actor
from app.auth.factors import held
from app.auth.factors.models import Passkey, RecoveryCode
from app.extensions import db


@dataclass(frozen=True)
class Overview:
    totp: bool
    passkeys: int
    recovery_codes: int
    required: bool


def of(*, by: Actor) -> Overview:
    row = db.session.execute(
        sa.select(held.totp_of(by.user_id).label("totp"), count(Passkey, by).label("passkeys"), count(RecoveryCode, by).label("codes"))
    ).one()
    return Overview(row.totp, row.passkeys, row.codes, held.demanded(by.roles))


def count(kind, by: Actor):
    return sa.select(sa.func.count()).select_from(kind).where(kind.user_id == by.user_id).scalar_subquery()
