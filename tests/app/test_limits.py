"""Rate limits: leased from Redis, never more than the limit, never waiting for a Redis that is away."""

import os
import signal
import subprocess
import time

import pytest
import redis

from app import create_app
from app.config import redis_url
from app.limits import LeaseLimiter, network, parse
from app.local import RedisServer, redis_server
from app.redis import Redis
from tests import kit
from tests.kit import problem
from tests.processes import eventually


@pytest.fixture
def server(tmp_path):
    found = RedisServer(tmp_path).start()
    yield found
    found.stop()


def client(server):
    found = Redis()
    found.init_app(type("App", (), {"config": {"REDIS_URL": server.url}, "extensions": {}})())
    return found


def test_two_processes_together_never_pass_more_than_the_limit(server):
    one, two = LeaseLimiter(client(server)), LeaseLimiter(client(server))
    allowed = sum(limiter.hit("ada", 100, 60).allowed for _ in range(150) for limiter in (one, two))
    assert allowed == 100


def test_a_frozen_redis_costs_one_short_wait_and_then_nothing(server):
    limiter = LeaseLimiter(client(server))
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert limiter.hit("ada", 100, 60).allowed
        assert time.monotonic() - began < 0.5
        began = time.monotonic()
        assert all(limiter.hit(f"somebody {n}", 100, 60).allowed for n in range(100))
        assert time.monotonic() - began < 0.1
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_an_emptied_redis_grants_anew(server):
    limiter = LeaseLimiter(client(server))
    limiter.hit("ada", 20, 60)
    redis.Redis.from_url(server.url).flushall()
    assert all(limiter.hit("ada", 20, 60).allowed for _ in range(15))


def test_a_window_ends():
    now = [0.0]
    away = Redis()
    away._away_until = float("inf")
    limiter = LeaseLimiter(away, clock=lambda: now[0])
    assert [limiter.hit("ada", 2, 10).allowed for _ in range(3)] == [True, True, False]
    now[0] = 10.1
    assert limiter.hit("ada", 2, 10).allowed


def test_past_the_limit_the_answer_says_when_to_come_back(database):
    app = create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(13), "RATE_LIMIT": "3/minute"})
    app.extensions["redis"].client.flushdb()
    with app.test_client() as caller:
        answers = [caller.get("/api/v1/meta") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert answers[0].headers["RateLimit"].startswith('"default";r=2;t=')
    problem(answers[3], 429, "too_many_requests")
    assert 0 < int(answers[3].headers["Retry-After"]) <= 61
    kit.dispose(app)


def test_signing_in_has_a_limit_of_its_own(database):
    app = create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(13), "RATE_LIMIT_SIGN_IN": "2/minute"})
    app.extensions["redis"].client.flushdb()
    wrong = {"email": "nobody@example.com", "password": "wrong password"}
    with app.test_client() as caller:
        answers = [caller.post("/api/v1/auth/sessions", json=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    problem(answers[2], 429)
    kit.dispose(app)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        (None, "unknown"),
    ],
)
def test_addresses_of_one_network_share_a_limit(address, key):
    assert network(address) == key


def test_rates_are_read():
    assert (parse("600/minute"), parse("5/30s")) == ((600, 60), (5, 30))


@pytest.fixture
def limited(database):
    """`limited(RATE_LIMIT=…)`: an app whose limits count, from the beginning."""
    apps = []

    def make(**settings):
        app = create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(13), **settings})
        app.extensions["redis"].client.flushdb()
        apps.append(app)
        return app

    yield make
    for app in apps:
        kit.dispose(app)


def statuses(caller, path, times, **options):
    return [caller.get(path, **options).status_code for _ in range(times)]


def test_guessing_tokens_is_limited_by_address(limited):
    caller = limited(RATE_LIMIT="3/minute").test_client()
    answers = [caller.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer z2h_pat_{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    problem(answers[3], 429, "too_many_requests")
    assert 0 < int(answers[3].headers["Retry-After"]) <= 61


@pytest.mark.parametrize("path", ["/nowhere", "/openapi.json", "/docs", "/console/static/console.js", "/metrics"])
def test_what_is_no_operation_is_limited_by_address_and_apart_from_operations(limited, path):
    caller = limited(RATE_LIMIT="1/minute").test_client()
    assert 429 not in statuses(caller, path, 10, buffered=True)
    answer = caller.get(path)
    problem(answer, 429, "too_many_requests")
    assert answer.headers["RateLimit-Policy"] == '"pages";q=10;w=60'
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert statuses(caller, "/api/v1/meta", 2) == [200, 429]
    # A platform must never be told to wait, and a preflight is part of the request that follows.
    assert statuses(caller, "/livez", 15) == [200] * 15
    assert 429 not in statuses(caller, "/readyz", 15)
    assert caller.options("/api/v1/meta").status_code == 200


@pytest.mark.parametrize(("rate", "window"), [("2/30s", 30), ("2/minute", 60), ("2/day", 86_400)])
def test_past_the_limit_of_signing_in_the_answer_says_when_to_come_back(limited, rate, window):
    caller = limited(RATE_LIMIT_SIGN_IN=rate, RATE_LIMIT="100/minute").test_client()
    wrong = {"email": "nobody@example.com", "password": "wrong password"}
    answers = [caller.post("/api/v1/auth/sessions", json=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    problem(answers[2], 429, "too_many_requests")
    assert window - 5 < int(answers[2].headers["Retry-After"]) <= window + 1
    assert answers[2].headers["RateLimit-Policy"] == f'"sign-in";q=2;w={window}'
    assert answers[2].headers["RateLimit"].startswith('"sign-in";r=0;t=')
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=100;w=60'


def test_a_redis_behind_a_unix_socket_counts_too(limited, tmp_path):
    path = tmp_path / "redis.sock"
    command = [redis_server(), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        eventually(path.exists, 10)
        url = redis_url(f"unix://{path}?db=0")
        app = limited(REDIS_URL=url, RATE_LIMIT="1/minute", RATE_LIMIT_SIGN_IN="1/30s")
        wrong = {"email": "nobody@example.com", "password": "wrong password"}
        assert statuses(app.test_client(), "/nowhere", 11)[-1] == 429
        assert app.test_client().post("/api/v1/auth/sessions", json=wrong).status_code == 401
        assert app.test_client().post("/api/v1/auth/sessions", json=wrong).status_code == 429
        kept = app.extensions["redis"].client.keys("*")
        assert any(key.startswith(b"z2h:limit:") for key in kept)
        assert any(b"sign-in" in key for key in kept)
    finally:
        server.kill()
        server.wait()
