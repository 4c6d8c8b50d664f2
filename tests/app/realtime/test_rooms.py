"""Rooms and their members, where things happen in an unlucky order."""

import threading
import uuid

import pytest

from app.access import Actor
from app.errors import NotFound
from app.realtime.streams import CLOSE, FARTHEST, Realtime, Stream, Streams, TooFarBehind

KEY = uuid.uuid4()


class Server:
    """Socket.IO's side: who is in which room, and what was sent to whom."""

    def __init__(self):
        self.rooms, self.sent = {}, []

    def enter_room(self, sid, room):
        self.rooms.setdefault(room, set()).add(sid)

    def leave_room(self, sid, room):
        self.rooms.get(room, set()).discard(sid)

    def emit(self, event, data, to):
        for sid in self.rooms.get(to, {to}):
            self.sent.append((sid, event, data.get("sequence", data.get("reason"))))

    def sleep(self, _seconds): ...

    def disconnect(self, sid): ...


class Bus:
    alive, heard_since = True, 0.0

    def on(self, *_): ...

    def tell(self, *_): ...


class Log:
    """A stream whose rows the test writes; ``head`` may be made to wait."""

    def __init__(self):
        self.newest, self.allowed, self.before_head = 0, True, lambda: None

    def head(self, _key, _actor):
        self.before_head()
        if not self.allowed:
            raise NotFound()
        return self.newest

    def since(self, _key, after, limit):
        return [{"sequence": n} for n in range(after + 1, min(self.newest, after + limit) + 1)]


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def rooms(app, log):
    streams = Streams()
    streams.add(Stream("things.log", "things.read", head=log.head, since=log.since))
    realtime = Realtime(app, Bus(), streams)
    realtime.server = Server()
    for sid in ("one", "two", "three"):
        realtime.connected(sid, Actor(uuid.uuid4(), frozenset({"things.read"})))
    return realtime


def join(rooms, sid, after=None):
    return rooms.subscribe(sid, "things.log", KEY, after)


def test_a_room_that_everybody_left_takes_none_that_has_its_name_now_along(rooms, log):
    waiting, go = threading.Event(), threading.Event()

    def slow_the_first():
        log.before_head = lambda: None
        waiting.set()
        go.wait(5)

    log.before_head = slow_the_first
    failed = []

    def first():
        try:
            join(rooms, "one")
        except NotFound:
            failed.append("one")

    thread = threading.Thread(target=first)
    thread.start()
    waiting.wait(5)
    rooms.disconnected("one")
    join(rooms, "two")
    go.set()
    thread.join(5)
    assert failed == ["one"]
    log.newest = 3
    room = rooms._rooms[f"things.log:{KEY}"]
    assert list(room.members) == ["two"]
    rooms.advance(room)
    assert rooms.server.sent == [("two", "change", 1), ("two", "change", 2), ("two", "change", 3)]


def test_who_is_put_out_while_they_join_does_not_get_in(rooms, log):
    user = rooms._actors["one"].user_id
    log.before_head = lambda: rooms.kick("things.log", KEY, user, "removed")
    with pytest.raises(NotFound):
        join(rooms, "one")
    assert rooms.server.rooms == {}
    assert rooms._rooms == {}


def test_who_may_not_see_it_leaves_no_room_behind(rooms, log):
    log.allowed = False
    with pytest.raises(NotFound):
        join(rooms, "one", after=0)
    assert rooms._rooms == {}


def test_what_was_missed_comes_once_and_in_order_however_much_it_was(rooms, log):
    log.newest = 5 * CLOSE + 3
    assert join(rooms, "one", after=2) == log.newest
    assert [sequence for _, _, sequence in rooms.server.sent] == list(range(3, log.newest + 1))
    log.newest += 2
    rooms.advance(rooms._rooms[f"things.log:{KEY}"])
    assert [sequence for _, _, sequence in rooms.server.sent] == list(range(3, log.newest + 1))
    log.newest += FARTHEST + 1
    with pytest.raises(TooFarBehind) as refused:
        join(rooms, "two", after=5 * CLOSE)
    assert refused.value.members == {"sequence": log.newest}


def test_a_slow_reader_is_waited_for_before_more_is_sent(rooms, log):
    log.newest = 10 * CLOSE
    backlog, seen = [0], []
    rooms.unsent = lambda _sid: backlog[0]

    def sleep(seconds):
        if seconds:
            seen.append(len(rooms.server.sent))
            backlog[0] = 0
        else:
            backlog[0] = 10**6

    rooms.server.sleep = sleep
    join(rooms, "one", after=0)
    assert seen == [n * CLOSE for n in range(2, 10)]
    assert len(rooms.server.sent) == 10 * CLOSE


def test_a_read_that_fails_leaves_the_room_dirty_for_the_next_sweep(rooms, log, app):
    join(rooms, "one")
    room = rooms._rooms[f"things.log:{KEY}"]
    log.newest = 1

    def broken(*_):
        raise OSError

    object.__setattr__(room.stream, "since", broken)
    room.dirty = True
    rooms._bell.set()
    rooms.start()
    for _ in range(200):
        if not rooms._bell.is_set():
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.1)
    assert room.dirty
    object.__setattr__(room.stream, "since", log.since)
    for _ in range(300):
        if rooms.server.sent:
            break
        threading.Event().wait(0.01)
    rooms.stop()
    assert rooms.server.sent == [("one", "change", 1)]


def test_while_somebody_joins_the_others_wait_without_holding_up_other_rooms(rooms, log):
    join(rooms, "one")
    room = rooms._rooms[f"things.log:{KEY}"]
    log.newest = 2
    room.dirty = True
    with room.lock:
        rooms.advance(room)
        assert rooms.server.sent == []
        assert room.dirty
    rooms.advance(room)
    assert [sequence for _, _, sequence in rooms.server.sent] == [1, 2]
