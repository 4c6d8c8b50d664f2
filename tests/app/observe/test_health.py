"""/livez and /readyz, with the database away, Redis away, and migrations pending."""

import re

import psycopg
import pytest

from app import create_app
from app.local import free_port
from app.observe import health
from tests import kit


def nowhere(scheme: str) -> str:
    return f"{scheme}://postgres@127.0.0.1:{free_port()}/0"


@pytest.fixture
def probe():
    """`probe(path, DATABASE_URL=…)`: status and body of a fresh app."""
    apps = []

    def ask(path, **settings):
        app = create_app({**kit.QUICK, "REDIS_URL": kit.redis_url(), **settings})
        apps.append(app)
        answer = app.test_client().get(path)
        return answer.status_code, answer.get_json()

    yield ask
    for app in apps:
        kit.dispose(app)


@pytest.fixture
def pending():
    """A database in which the revisions of a stage have not been applied."""
    url = kit.new_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("delete from alembic_version where version_num like 'tasks_%'").rowcount == 1
    yield url
    kit.drop_database(url)


def ok(body) -> dict[str, bool]:
    return {name: check["ok"] for name, check in body["checks"].items()}


def test_a_service_that_has_everything_is_ready(probe, database):
    status, body = probe("/readyz", DATABASE_URL=database)
    assert (status, body["status"]) == (200, "ok")
    assert ok(body) == {"database": True, "migrations": True, "redis": True}
    assert all(0 <= check["ms"] < 5000 for check in body["checks"].values())


def test_without_its_database_it_is_not_ready(probe):
    status, body = probe("/readyz", DATABASE_URL=nowhere("postgresql+psycopg"))
    assert (status, body["status"]) == (503, "unavailable")
    assert ok(body) == {"database": False, "migrations": False, "redis": True}
    assert "127.0.0.1" not in str(body)


def test_without_redis_it_is_degraded_and_still_gets_requests(probe, database):
    status, body = probe("/readyz", DATABASE_URL=database, REDIS_URL=nowhere("redis"))
    assert (status, body["status"]) == (200, "degraded")
    assert ok(body) == {"database": True, "migrations": True, "redis": False}


def test_with_migrations_pending_it_is_not_ready_and_says_which(probe, pending):
    status, body = probe("/readyz", DATABASE_URL=pending)
    assert (status, body["status"]) == (503, "unavailable")
    assert ok(body) == {"database": True, "migrations": False, "redis": True}
    assert re.fullmatch(r"Not migrated to tasks_\d{4}: run flask db upgrade\.", body["checks"]["migrations"]["problem"])


def test_it_is_alive_whatever_else_is_gone(probe):
    assert probe("/livez", DATABASE_URL=nowhere("postgresql+psycopg"), REDIS_URL=nowhere("redis")) == (200, {"status": "ok"})


def test_without_its_database_the_api_answers_503_and_says_when_to_come_back(database, probe):
    app = create_app({**kit.QUICK, "REDIS_URL": kit.redis_url(), "DATABASE_URL": nowhere("postgresql+psycopg")})
    wrong = {"email": "nobody@example.com", "password": "wrong password"}
    answer = app.test_client().post("/api/v1/auth/sessions", json=wrong)
    kit.problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
    kit.dispose(app)


def test_however_often_anybody_asks_the_stores_are_asked_once_a_second(app, monkeypatch):
    looks = []
    monkeypatch.setattr(health, "look", lambda: looks.append(1) or ({"status": "ok", "checks": {}}, 200))
    monkeypatch.setitem(app.extensions, "readiness", health.Readiness())
    assert [app.test_client().get("/readyz").get_json()["status"] for _ in range(5)] == ["ok"] * 5
    assert len(looks) == 1
    app.extensions["readiness"].looked -= 1.1
    app.test_client().get("/readyz")
    assert len(looks) == 2
