"""Rate limits: leased from Redis, never more than the limit, never waiting for a Redis that is away."""

import os
import signal
import time

import pytest
import redis

from app import create_app
from app.limits import LeaseLimiter, network, parse
from app.local import RedisServer
from app.redis import Redis
from tests import kit
from tests.kit import problem


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
    ("address", "key"), [("1.2.3.4", "1.2.3.4"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::ffff:1", "2001:db8::/64"), (None, "unknown")]
)
def test_addresses_of_one_network_share_a_limit(address, key):
    assert network(address) == key


def test_rates_are_read():
    assert (parse("600/minute"), parse("5/30s")) == ((600, 60), (5, 30))
