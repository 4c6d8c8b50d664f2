"""Apps with settings of their own, for what is decided at start-up."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.accounts.models import User
from app.auth.models import Throttle
from app.extensions import db
from tests import kit


@pytest.fixture
def with_settings(database, worker_number) -> Iterator[Callable[..., Flask]]:
    """`with_settings(CORS_ORIGINS=(…,))`: an app on the migrated, empty database; its limits start anew."""
    apps: list[Flask] = []

    def make(**settings: object) -> Flask:
        where = {"DATABASE_URL": database, "REDIS_URL": kit.redis_url(worker_number + 1)}
        app = create_app({**kit.QUICK, **where, **settings})
        app.extensions["redis"].client.flushdb()
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(sa.delete(Throttle))
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(sa.delete(User))  # what was committed here is nobody else's to find
        kit.dispose(app)
