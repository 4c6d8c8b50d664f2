"""What tests are written with: databases of their own, people who send requests, processes to break."""

import hashlib
import itertools
import os
import uuid
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app

PASSWORD = "a good long passphrase"
_numbers = itertools.count(1)

QUICK = {
    "APP_ENV": "test",
    "ARGON2_MEMORY": 8,
    "ARGON2_TIME": 1,
    "RATE_LIMIT": "off",
    "RATE_LIMIT_SIGN_IN": "off",
    "DATABASE_POOL": 10,
}


def admin_url() -> str:
    """The PostgreSQL server that `./dev test` has started."""
    try:
        return os.environ["TEST_DATABASE_URL"]
    except KeyError:
        raise SystemExit("Tests need their own PostgreSQL and Redis: run ./dev test.") from None


def database_url(name: str) -> str:
    return sa.make_url(admin_url()).set(database=name, drivername="postgresql+psycopg").render_as_string(hide_password=False)


def redis_url(number: int = 0) -> str:
    return f"{os.environ['TEST_REDIS_URL'].rsplit('/', 1)[0]}/{number}"


def template_name() -> str:
    """Of its own for each state of the migrations: a server that outlives the test run must not give out an old one."""
    folder = Path(__file__).parent.parent / "migrations" / "versions"
    text = b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))
    return f"z2h_template_{hashlib.blake2b(text, digest_size=6).hexdigest()}"


TEMPLATE = template_name()


def ensure_template() -> None:
    """A migrated, empty database that others are copied from; the first process to ask makes it."""
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(4711)")
        if admin.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone() is None:
            admin.execute(f"drop database if exists {TEMPLATE}_new")
            admin.execute(f"create database {TEMPLATE}_new")
            migrate(f"{TEMPLATE}_new")
            admin.execute(f"alter database {TEMPLATE}_new rename to {TEMPLATE}")


def migrate(name: str) -> None:
    from flask_migrate import upgrade

    app = create_app({**QUICK, "DATABASE_URL": database_url(name), "REDIS_URL": redis_url()})
    with app.app_context():
        upgrade(directory=os.path.join(os.path.dirname(app.root_path), "migrations"), revision="heads")
        dispose(app)


def new_database() -> str:
    """The URL of a fresh copy of the template."""
    ensure_template()
    name = f"z2h_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(4711)")
        admin.execute(f"create database {name} template {TEMPLATE}")
    return database_url(name)


def drop_database(url: str) -> None:
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute(f'drop database if exists "{sa.make_url(url).database}" with (force)')


def dispose(app: Flask) -> None:
    from app.extensions import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class OneTransactionCursor(psycopg.Cursor):
    """Opens a savepoint where a connection of its own would open a transaction."""

    def execute(self, query, params=None, **options):
        connection: Any = self.connection
        if connection.pretends_transactions:
            connection.open_savepoint()
            return super().execute(query, params, **options)
        connection.command(b"savepoint one_statement")
        try:
            found = super().execute(query, params, **options)
        except psycopg.Error:
            connection.command(b"rollback to savepoint one_statement")
            raise
        connection.command(b"release savepoint one_statement")
        return found


class OneTransaction(psycopg.Connection):
    """A connection whose every commit stays inside one transaction, which the test rolls back.

    The code under test does not know: it switches between autocommit and transactions as ever.
    """

    pretends_transactions = False
    is_open = False

    @classmethod
    def to(cls, url: str) -> "OneTransaction":
        dsn = url.replace("+psycopg", "")
        options = "-c timezone=UTC"
        return cls.connect(dsn, autocommit=True, cursor_factory=OneTransactionCursor, options=options, prepare_threshold=None)  # type: ignore[return-value]

    def command(self, text: bytes) -> None:
        result = self.pgconn.exec_(text)
        assert not result.error_message, result.error_message

    def open_savepoint(self) -> None:
        if not self.is_open:
            self.command(b"savepoint app")
            self.is_open = True

    def set_autocommit(self, value: bool) -> None:
        self.pretends_transactions = not value

    @property
    def autocommit(self) -> bool:
        return not self.pretends_transactions

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.pretends_transactions = not value

    def set_isolation_level(self, value: Any) -> None: ...

    def commit(self) -> None:
        if self.is_open:
            self.command(b"release savepoint app")
            self.is_open = False

    def rollback(self) -> None:
        if self.is_open:
            self.command(b"rollback to savepoint app")
            self.command(b"release savepoint app")
            self.is_open = False

    def close(self) -> None: ...


class Person:
    """Somebody with an account who sends requests."""

    def __init__(self, client: FlaskClient, name: str = "Somebody", email: str | None = None):
        self.client = client
        self.email = email or f"person{next(_numbers)}.{uuid.uuid4().hex[:6]}@example.com"
        answer = client.post("/api/v1/auth/registrations", json={"email": self.email, "password": PASSWORD, "name": name})
        assert answer.status_code == 201, answer.text
        body = json_of(answer)
        self.id: str = body["user"]["id"]
        self.access_token: str = body["access_token"]
        self.refresh_token: str = body["refresh_token"]

    def request(
        self, method: str, path: str, *, match: str | None = None, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        given = {"Authorization": f"Bearer {self.access_token}", **({"If-Match": match} if match else {}), **(headers or {})}
        return self.client.open(path if path.startswith("/") else f"/api/v1/{path}", method=method, headers=given, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self.request("POST", path, **({"json": json} if json is not None else {}), **options)

    def put(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, *, match: str | None = "*", **options: Any) -> TestResponse:
        return self.request("PATCH", path, json=json, match=match, **options)

    def delete(self, path: str, *, match: str | None = "*", **options: Any) -> TestResponse:
        return self.request("DELETE", path, match=match, **options)


def json_of(answer: TestResponse) -> Any:
    assert answer.is_json or answer.mimetype == "application/problem+json", answer.text
    return answer.get_json(force=True)


def problem(answer: TestResponse, status: int, code: str | None = None) -> Any:
    """The problem document of a refusal, with its form checked."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    found = answer.get_json(force=True)
    assert {"type", "title", "status", "code", "request_id"} <= set(found)
    assert found["status"] == status
    assert code is None or found["code"] == code, found
    return found
