"""What is over is deleted: ended sessions with their token chains, visits to providers, and old answers to idempotent requests."""

import datetime as dt

import sqlalchemy as sa

from app.auth.models import PersonalToken, Session
from app.auth.social.authorizations import forget_old
from app.background import background
from app.extensions import db
from app.web import idempotency

KEPT = dt.timedelta(days=30)


@background("auth.purge", every=dt.timedelta(hours=1))
def purge() -> None:
    """Forget sessions and tokens that ended more than thirty days ago, and answers older than a day."""
    long_ago = sa.func.now() - KEPT
    db.session.execute(sa.delete(Session).where(sa.or_(Session.ended_at < long_ago, Session.expires_at < long_ago)))
    db.session.execute(sa.delete(PersonalToken).where(sa.or_(PersonalToken.revoked_at < long_ago, PersonalToken.expires_at < long_ago)))
    forget_old()
    idempotency.forget_old()
