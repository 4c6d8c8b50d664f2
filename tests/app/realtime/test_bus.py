"""The bus, on a Redis that stops and comes back; and what is believed meanwhile."""

import time
import types
import uuid

import pytest

from app.access import Actor
from app.auth.known import SESSION, Known
from app.local import RedisServer
from app.realtime.bus import Bus
from app.redis import Redis
from tests.processes import eventually


def bus_on(server):
    redis = Redis()
    redis.init_app(types.SimpleNamespace(config={"REDIS_URL": server.url}, extensions={}))
    return Bus(redis)


@pytest.fixture
def server(tmp_path):
    found = RedisServer(tmp_path).start()
    yield found
    found.stop()


@pytest.fixture
def two(server):
    buses = bus_on(server), bus_on(server)
    for bus in buses:
        bus.start()
    eventually(lambda: all(bus.alive for bus in buses))
    yield buses
    for bus in buses:
        bus.stop()


def test_what_one_tells_the_other_hears_also_after_redis_was_away(two, server):
    one, other = two
    heard = []
    other.on("news", heard.append)
    one.tell("news", 1)
    eventually(lambda: heard == [1])
    server.stop()
    eventually(lambda: not one.alive and not other.alive)
    one.tell("news", 2)
    server.start()
    eventually(lambda: one.alive and other.alive)
    one.tell("news", 3)
    eventually(lambda: 3 in heard)


def test_nothing_that_was_verified_before_a_silence_is_believed_after_it(two, server):
    """The silence may have swallowed a log-out; also one too short to be noticed by the heartbeat."""
    one, _ = two
    known = Known(lambda: one.heard_since, one.tell)
    actor = Actor(uuid.uuid4(), session_id=uuid.uuid4())
    known.put("token", actor, time.time() + 60, known.generation())
    assert known.get("token") is actor
    server.stop()
    server.start()
    eventually(lambda: one.alive and known.get("token") is None)
    time.sleep(1.2)
    assert one.alive
    assert known.get("token") is None
    known.put("token", actor, time.time() + 60, known.generation())
    assert known.get("token") is actor


def test_who_was_verified_while_somebody_signed_out_is_not_remembered(two):
    one, _ = two
    known = Known(lambda: one.heard_since, one.tell)
    actor = Actor(uuid.uuid4(), session_id=uuid.uuid4())
    before = known.generation()
    assert known.unchanged(before)
    known.forget(SESSION, actor.session_id)
    assert not known.unchanged(before)
    known.put("token", actor, time.time() + 60, before)
    assert known.get("token") is None
