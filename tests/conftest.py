"""Fixtures. `app` lives in one transaction per test; `real` commits, for races and threads."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.pool import StaticPool

from app import create_app
from tests import kit
from tests.kit import OneTransaction, Person


@pytest.fixture(scope="session")
def worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    url = kit.new_database()
    yield url
    kit.drop_database(url)


@pytest.fixture(scope="session")
def _connection(database: str) -> Iterator[OneTransaction]:
    connection = OneTransaction.to(database)
    yield connection
    connection.pgconn.finish()


@pytest.fixture(scope="session")
def _app(database: str, _connection: OneTransaction, worker_number: int) -> Flask:
    engine = {
        "creator": lambda: _connection,
        "poolclass": StaticPool,
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
    }
    settings = {"DATABASE_URL": database, "REDIS_URL": kit.redis_url(worker_number + 1), "SQLALCHEMY_ENGINE_OPTIONS": engine}
    return create_app({**kit.QUICK, **settings})


@pytest.fixture
def app(_app: Flask, _connection: OneTransaction) -> Iterator[Flask]:
    """The app, in a transaction that ends with the test."""
    from app.extensions import db, socketio

    # The extension is one object for all apps of a process; its server would be that of the app that was made last.
    socketio.server = _app.extensions["realtime"].server
    _connection.command(b"begin")
    for remembered in ("refused_attempts", "places"):
        _app.extensions[remembered].clear()
    with _app.app_context():
        yield _app
        db.session.remove()
    _connection.is_open = False
    _connection.command(b"rollback")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(client: FlaskClient) -> Person:
    return Person(client, "Ada")


@pytest.fixture
def grace(client: FlaskClient) -> Person:
    return Person(client, "Grace")


@pytest.fixture
def real(worker_number: int) -> Iterator[Flask]:
    """An app with a database of its own and real commits."""
    url = kit.new_database()
    app = create_app({**kit.QUICK, "DATABASE_URL": url, "REDIS_URL": kit.redis_url(worker_number + 1)})
    yield app
    kit.dispose(app)
    kit.drop_database(url)


def pytest_collection_modifyitems(items):
    """The longest first, so that no worker is left with one at the end."""
    order = ("tests/fuzz", "tests/faults", "tests/console")
    items.sort(key=lambda item: next((n for n, folder in enumerate(order) if folder in str(item.path)), len(order)))
