"""Networks from which people have signed in before: there they get in while somebody elsewhere guesses at their account."""

import datetime as dt
import time
import uuid

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.accounts import User
from app.auth.models import Place
from app.db import Prepared, after_commit, bind
from app.extensions import db
from app.limits import network

KNOWN_FOR = dt.timedelta(days=30)
FRESH = 10.0
"""Seconds for which the places of an account are remembered: a flood from many addresses asks once."""
MOST = 20_000

OF_ACCOUNT = Prepared(
    lambda: (
        sa.select(Place.network)
        .join(User, User.id == Place.user_id)
        .where(
            User.email_key == bind("email_key", User.email_key),
            Place.seen_at > sa.func.now() - sa.func.make_interval(0, 0, 0, KNOWN_FOR.days),
        )
        .order_by(Place.seen_at.desc())
        .limit(200)
    )
)


def knows(email_key: str, place: str) -> bool:
    known = current_app.extensions["places"]
    found = known.get(email_key)
    if found is None or found[0] < time.monotonic():
        if len(known) >= MOST:
            known.clear()
        networks = frozenset(row[0] for row in OF_ACCOUNT.tuples(email_key=email_key))
        found = known[email_key] = (time.monotonic() + FRESH, networks)
    return place in found[1]


def remember(user_id: uuid.UUID, email_key: str, address: str) -> None:
    row = insert(Place).values(user_id=user_id, network=network(address))
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id", "network"], set_={"seen_at": sa.func.now()}))
    known = current_app.extensions["places"]
    after_commit(lambda: known.pop(email_key, None))
