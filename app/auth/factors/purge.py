"""What was begun and not finished is deleted."""

import datetime as dt

import sqlalchemy as sa

from app.auth.factors.models import Challenge, PendingLogIn, Totp
from app.background import background
from app.extensions import db

BEGUN = dt.timedelta(days=1)


@background("auth.purge_factors", every=dt.timedelta(hours=1))
def purge() -> None:
    """Forget challenges and log-ins that were not answered, and apps that were never confirmed."""
    for kind in (Challenge, PendingLogIn):
        db.session.execute(sa.delete(kind).where(kind.expires_at < sa.func.now()))
    db.session.execute(sa.delete(Totp).where(Totp.confirmed_at.is_(None), Totp.created_at < sa.func.now() - BEGUN))
