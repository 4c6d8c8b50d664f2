"""Events: one call for each listener, and only if the change commits."""

import uuid

import pytest
import sqlalchemy as sa

from app.accounts import UserDeleted
from app.db import unit_of_work
from app.events import emit
from app.extensions import db
from app.outbox import Call

NAMES = sa.select(Call.function).order_by(Call.function)


def test_an_event_leaves_a_call_for_each_listener_and_the_relay_makes_it(app):
    person = uuid.uuid4()
    with unit_of_work():
        emit(UserDeleted(person))
        assert "accounts.user_deleted > tasks.forget" in db.session.scalars(NAMES).all()
    assert [call.payload for call in db.session.scalars(sa.select(Call))] == [{"user_id": str(person)}] * len(
        app.extensions["listeners"]["accounts.user_deleted"]
    )
    assert app.extensions["relay"].deliver_all() == len(app.extensions["listeners"]["accounts.user_deleted"])
    assert db.session.scalars(NAMES).all() == []


def test_nobody_hears_of_a_change_that_rolled_back(app):
    def change_and_fail():
        with unit_of_work():
            emit(UserDeleted(uuid.uuid4()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert db.session.scalars(NAMES).all() == []
