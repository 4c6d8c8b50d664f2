"""Circuit breakers: open after failures, half open after a pause, closed by a success; shared, or each process's own."""

import time
from types import SimpleNamespace

import pytest

from app import http
from app.http import breaker

FAILS = b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n"
WORKS = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Clock:
    """Time that passes when a test says so, here and in Redis."""

    def __init__(self, monkeypatch, redis):
        self.monkeypatch, self.redis = monkeypatch, redis
        self.ahead = 0.0
        monkeypatch.setattr(breaker, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + self.ahead))

    def passes(self, seconds):
        self.ahead += seconds

        def back(client):
            for key in client.scan_iter(match="breaker:*"):
                client.hset(key, "until", float(client.hget(key, "until")) - seconds)

        self.redis.attempt(back, None)


@pytest.fixture(params=["with Redis", "without Redis"])
def clock(request, app, monkeypatch):
    redis = app.extensions["redis"]
    if request.param == "without Redis":
        monkeypatch.setattr(redis, "_away_until", time.monotonic() + 1000)
    return Clock(monkeypatch, redis)


@pytest.fixture
def service(app, peer):
    """A service whose health a test sets; ``ask()`` is the status of its answer, or None while it is left alone."""
    found = SimpleNamespace(says=FAILS)
    there = peer(lambda connection, _request: connection.sendall(found.says))
    found.requests = there.requests

    def ask():
        try:
            return http.request("GET", there.url, service="shop", private=True).status
        except http.Away:
            return None

    found.ask = ask
    return found


def state():
    return [(found["state"], found["failures"]) for found in http.breakers() if found["service"] == "shop"]


def test_it_opens_after_five_failures_and_lets_nothing_pass(clock, service):
    assert [service.ask() for _ in range(7)] == [503] * 5 + [None] * 2
    assert len(service.requests) == 5
    assert state() == [("open", 5)]
    clock.passes(29)
    assert service.ask() is None


def test_after_the_pause_one_request_passes_and_a_success_closes_it(clock, service):
    for _ in range(5):
        service.ask()
    clock.passes(31)
    assert state() == [("half_open", 5)]
    service.says = WORKS
    breaker.enter("shop")  # the probe is on its way
    assert state() == [("half_open", 5)]
    assert service.ask() is None
    breaker.succeeded("shop")
    assert (state(), service.ask()) == ([], 200)


def test_a_probe_that_fails_opens_it_again(clock, service):
    for _ in range(5):
        service.ask()
    clock.passes(31)
    assert [service.ask(), service.ask()] == [503, None]
    assert state() == [("open", 6)]


def test_a_probe_that_is_never_heard_of_again_makes_way_for_another(clock, service):
    for _ in range(5):
        service.ask()
    clock.passes(31)
    breaker.enter("shop")
    clock.passes(16)
    service.says = WORKS
    assert (service.ask(), state()) == (200, [])


def test_failures_that_are_not_in_a_row_do_not_open_it(clock, service):
    for _ in range(3):
        for says in (FAILS, FAILS, FAILS, FAILS, WORKS):
            service.says = says
            assert service.ask() is not None
    assert state() == []


def test_services_fail_on_their_own(clock, service, peer):
    for _ in range(5):
        service.ask()
    assert http.request("GET", peer().url, service="other", private=True).status == 200


def test_what_one_process_sees_the_others_know_by_redis(app, service):
    for _ in range(5):
        service.ask()
    breaker._states.clear()  # another process has seen nothing itself
    assert service.ask() is None
    assert len(service.requests) == 5


def test_a_process_goes_on_by_what_it_saw_itself_when_redis_goes_away(app, service, monkeypatch):
    for _ in range(5):
        service.ask()
    monkeypatch.setattr(app.extensions["redis"], "_away_until", time.monotonic() + 1000)
    assert service.ask() is None
    assert state() == [("open", 5)]


def test_what_is_refused_is_no_failure_of_the_service(app):
    for _ in range(6):
        with pytest.raises(http.Refused):
            http.request("GET", "http://127.0.0.1/", service="shop")
    assert state() == []


def test_a_process_remembers_a_thousand_at_most(app, monkeypatch):
    monkeypatch.setattr(app.extensions["redis"], "_away_until", time.monotonic() + 1000)
    for number in range(1100):
        breaker.failed(f"push:{number}")
    assert len(breaker._states) == 1000
