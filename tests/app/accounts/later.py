"""Time passes, and the workers work."""

import datetime as dt
import uuid

import sqlalchemy as sa
from flask import current_app

from app.access import SERVICE, acting_as
from app.accounts import User
from app.accounts.own.purge import purge
from app.db import unit_of_work
from app.extensions import db
from app.outbox import Call


def work() -> int:
    """Make every call that is due; how many."""
    return current_app.extensions["relay"].deliver_all()


def ten_minutes_pass() -> None:
    """What repeats, runs."""
    with acting_as(SERVICE), unit_of_work():
        purge()
    db.session.expire_all()


def grace_passes(person) -> None:
    past(User, User.id == uuid.UUID(person.id), "deletion_at")


def an_hour_passes(person) -> None:
    past(User, User.id == uuid.UUID(person.id), "erased_at")
    past(Call, Call.function == "accounts.erase", "run_at")


def past(kind, which, column) -> None:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    with unit_of_work():
        db.session.execute(sa.update(kind).where(which).values({column: moment}).execution_options(synchronize_session=False))
    db.session.expire_all()
