"""Somebody took their account back: no way in that another may have added is left."""

import uuid

import sqlalchemy as sa

from app import audit
from app.auth.factors.models import Passkey, PendingLogIn, RecoveryCode, Totp
from app.extensions import db


def forget_all(user_id: uuid.UUID) -> None:
    """Passkeys, authenticator app and recovery codes go; mail to the address is the way in that stays."""
    gone = [db.session.execute(sa.delete(kind).where(kind.user_id == user_id)) for kind in (Passkey, Totp, RecoveryCode, PendingLogIn)]
    if any(deleted.rowcount for deleted in gone):  # type: ignore[attr-defined]
        audit.record("auth.factors_forgotten", account_id=user_id)
