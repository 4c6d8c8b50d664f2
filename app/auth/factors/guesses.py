"""Wrong codes are counted by account: six digits would not withstand who knows the password and tries all night.

Whoever knows the password can keep its owner from using codes for an hour, but not from using a passkey.
"""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.auth.factors.models import Guesses
from app.errors import TooManyRequests
from app.extensions import db

MOST, WINDOW = 20, dt.timedelta(hours=1)


class TooManyGuesses(TooManyRequests):
    title = "Too many wrong codes or passwords for this account."

    def __init__(self):
        super().__init__(headers={"Retry-After": str(int(WINDOW.total_seconds()))})


def take(user_id: uuid.UUID) -> bool:
    """Count one guess before it is looked at, so that many at once are not more than allowed; False when there were too many."""
    row = insert(Guesses).values(user_id=user_id, wrong=1)
    over = Guesses.since < sa.func.now() - WINDOW
    counted = row.on_conflict_do_update(
        index_elements=[Guesses.user_id],
        set_={
            "wrong": sa.case((over, 1), else_=sa.func.least(Guesses.wrong + 1, MOST + 1)),
            "since": sa.case((over, sa.func.now()), else_=Guesses.since),
        },
    )
    return db.session.scalars(counted.returning(Guesses.wrong)).one() <= MOST


def left(user_id: uuid.UUID) -> bool:
    """Whether another guess would be looked at; for who has locked the account."""
    spent = sa.select(Guesses.user_id).where(Guesses.user_id == user_id, Guesses.wrong >= MOST, Guesses.since >= sa.func.now() - WINDOW)
    return db.session.scalar(spent) is None


def forget(user_id: uuid.UUID) -> None:
    """The right one came."""
    db.session.execute(sa.delete(Guesses).where(Guesses.user_id == user_id))
