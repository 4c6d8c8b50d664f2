"""The engine as the app sets it up."""

import pytest
import sqlalchemy as sa

from app.extensions import db


def test_errors_say_nothing_of_the_values_of_people(real):
    with real.app_context(), pytest.raises(sa.exc.DBAPIError) as raised:
        db.session.execute(sa.text("select 1 / 0 where :password <> ''"), {"password": "hunter2"})
    assert "division by zero" in str(raised.value)
    assert "hunter2" not in str(raised.value)
