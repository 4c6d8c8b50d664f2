"""What is over is deleted: ended sessions with their token chains, links in mails, visits to providers, old guesses, and old
answers to idempotent requests."""

import datetime as dt

import sqlalchemy as sa

from app.auth.models import MailToken, PersonalToken, Place, Session, Solved, Throttle
from app.auth.social.authorizations import forget_old
from app.background import background
from app.extensions import db
from app.web import idempotency

KEPT = dt.timedelta(days=30)


@background("auth.purge", every=dt.timedelta(hours=1))
def purge() -> None:
    """Forget sessions and tokens that ended thirty days ago, links that expired, guesses and answers older than a day."""
    long_ago = sa.func.now() - KEPT
    db.session.execute(sa.delete(Session).where(sa.or_(Session.ended_at < long_ago, Session.expires_at < long_ago)))
    db.session.execute(sa.delete(PersonalToken).where(sa.or_(PersonalToken.revoked_at < long_ago, PersonalToken.expires_at < long_ago)))
    db.session.execute(sa.delete(MailToken).where(MailToken.expires_at < sa.func.now()))
    db.session.execute(sa.delete(Place).where(Place.seen_at < long_ago))
    db.session.execute(sa.delete(Throttle).where(Throttle.last_at < sa.func.now() - dt.timedelta(days=1)))
    db.session.execute(sa.delete(Solved).where(Solved.expires_at < sa.func.now()))
    forget_old()
    idempotency.forget_old()
