"""What is over is deleted: ended sessions with their token chains, links in mails, old guesses, and old answers to idempotent requests.

Each kind by itself, so that what one cannot delete keeps no other; and in batches that are quick, each a call and so a
transaction of its own: a full one asks for the next.
"""

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from app.auth.models import MailToken, PersonalToken, Place, RefreshToken, Session, Solved, Throttle
from app.auth.social.authorizations import forget_old
from app.background import background
from app.extensions import db
from app.web import idempotency

KEPT = dt.timedelta(days=30)
BATCH = 1_000
LINKS = 10_000
"""Links in a batch: sessions have thousands of these small rows."""

HOURLY = dt.timedelta(hours=1)


@background("auth.purge", every=HOURLY)
def purge() -> None:
    """Forget sessions that ended more than thirty days ago, with their links."""
    long_ago = sa.func.now() - KEPT
    over = sa.func.least(Session.ended_at, Session.expires_at) < long_ago
    ids = db.session.scalars(sa.select(Session.id).where(over).limit(BATCH).with_for_update(skip_locked=True)).all()
    # First, because the foreign key would delete all of them in one statement.
    links_left = delete(RefreshToken, RefreshToken.session_id.in_(ids), LINKS)
    if not links_left:
        db.session.execute(sa.delete(Session).where(Session.id.in_(ids)))
    if links_left or len(ids) == BATCH:
        purge.enqueue()


@background("auth.purge_links", every=HOURLY)
def purge_links() -> None:
    """Forget the used links of living sessions: whoever comes with one after so long has no session either way."""
    if delete(RefreshToken, RefreshToken.used_at < sa.func.now() - dt.timedelta(days=current_app.config["SESSION_DAYS"]), LINKS):
        purge_links.enqueue()


@background("auth.purge_tokens", every=HOURLY)
def purge_tokens() -> None:
    """Forget personal access tokens that were revoked or expired more than thirty days ago."""
    long_ago = sa.func.now() - KEPT
    if delete(PersonalToken, sa.or_(PersonalToken.revoked_at < long_ago, PersonalToken.expires_at < long_ago), BATCH):
        purge_tokens.enqueue()


@background("auth.purge_answers", every=HOURLY)
def purge_answers() -> None:
    """Forget the answers to idempotent requests after a day."""
    if delete(idempotency.IdempotencyKey, idempotency.is_old(), BATCH):
        purge_answers.enqueue()


@background("auth.purge_guesses", every=HOURLY)
def purge_guesses() -> None:
    """Forget links in mails and proofs of work that expired, guesses of yesterday, and places nobody came from for thirty days."""
    now = sa.func.now()
    full = [
        delete(MailToken, MailToken.expires_at < now, BATCH),
        delete(Solved, Solved.expires_at < now, BATCH),
        delete(Throttle, Throttle.last_at < now - dt.timedelta(days=1), BATCH),
        delete(Place, Place.seen_at < now - KEPT, BATCH),
    ]
    if any(full):
        purge_guesses.enqueue()


@background("auth.purge_visits", every=HOURLY)
def purge_visits() -> None:
    """Forget visits to providers that came to nothing."""
    forget_old()


PURGES = [purge, purge_links, purge_tokens, purge_answers, purge_guesses, purge_visits]


def delete(kind: type, where: sa.ColumnElement[bool], most: int) -> bool:
    """Delete at most so many rows; whether there may be more."""
    columns = sa.inspect(kind).primary_key
    # A CTE that locks is computed once. A subquery may be computed anew for every row, and its limit with it.
    some = sa.select(*columns).where(where).limit(most).with_for_update(skip_locked=True).cte("some")
    chosen = sa.select(*[some.c[column.key] for column in columns])
    deleted = db.session.execute(sa.delete(kind).where(sa.tuple_(*columns).in_(chosen)).execution_options(synchronize_session=False))
    return deleted.rowcount == most  # type: ignore[attr-defined]
