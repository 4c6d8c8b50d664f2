"""Resumable streams: rows with a sequence, delivered to each subscriber once and in order.

A *room* is one stream of one thing in one process. It knows how far it has delivered and reads on from
PostgreSQL whenever its bell rings, so that order and completeness never depend on how bells travel. Who
subscribes gets what they missed up to the room's position, then joins: nothing falls between.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from app.access import Actor, concerns
from app.errors import AppError, Conflict, NotFound
from app.realtime.bus import Bus

log = logging.getLogger(__name__)

PAGE = 500
"""Changes read at a time."""
CLOSE = 8
"""Changes sent at a time, which with the largest notes are a megabyte; who is no further behind joins."""
UNREAD = 262_144
"""Bytes that a client which catches up may leave unread."""
SLOWEST_READER = 20.0
"""Seconds for which it is waited for."""
FARTHEST = 10_000
"""A client that missed more than this reads the list anew instead."""
SWEEP = 1.0
"""Seconds between looks at every room while the bus is silent."""
QUIET_SWEEP = 30.0
"""The same while the bus is fine."""


class TooFarBehind(Conflict):
    title = "Too much has changed since. Read the list again and subscribe from its sequence."


@dataclass(frozen=True)
class Stream:
    """A kind of stream that a stage offers.

    ``head(key, actor)`` is the newest sequence of a thing, for who may see it; it raises NotFound otherwise.
    ``since(key, sequence, limit)`` are the changes after a sequence, in order, as JSON with a ``sequence``.
    """

    name: str
    needs: str
    head: Callable[[uuid.UUID, Actor], int]
    since: Callable[[uuid.UUID, int, int], Sequence[Mapping[str, Any]]]


class Streams(dict[str, Stream]):
    def add(self, stream: Stream) -> None:
        if stream.name in self:
            raise ValueError(f"Two streams are called {stream.name}.")
        self[stream.name] = stream


@dataclass(eq=False)
class Room:
    stream: Stream
    key: uuid.UUID
    position: int = 0
    members: dict[str, Actor] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    dirty: bool = False

    @property
    def name(self) -> str:
        return f"{self.stream.name}:{self.key}"


class Realtime:
    """The rooms of this process. ``server`` is the Socket.IO server, ``unsent(sid)`` the bytes a client has not read yet."""

    def __init__(self, app: Flask, bus: Bus, streams: Streams):
        self._app, self._bus, self._streams = app, bus, streams
        self._rooms: dict[str, Room] = {}
        self._actors: dict[str, Actor] = {}
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.server: Any = None
        self.unsent: Callable[[str], int] = lambda sid: 0
        bus.on("ring", lambda name: self._ring_here(name))
        bus.on("kick", lambda message: self._kick_here(message[0], uuid.UUID(message[1]), message[2]))
        bus.on("sign_out", lambda message: self._sign_out_here(*message))

    # ---- what verbs say after a commit

    def ring(self, stream: str, key: uuid.UUID) -> None:
        """A stream of this thing has new rows."""
        name = f"{stream}:{key}"
        self._ring_here(name)
        self._bus.tell("ring", name)

    def kick(self, stream: str, key: uuid.UUID, user_id: uuid.UUID, reason: str) -> None:
        """Somebody may not see this thing any more: their sockets leave its room, here and everywhere."""
        name = f"{stream}:{key}"
        self._kick_here(name, user_id, reason)
        self._bus.tell("kick", [name, str(user_id), reason])

    def sign_out(self, kind: str, which: uuid.UUID | str) -> None:
        """A session or token has ended, or what a person or role may do has changed: the sockets are closed, here and everywhere."""
        self._sign_out_here(kind, str(which))
        self._bus.tell("sign_out", [kind, str(which)])

    # ---- what sockets say

    def connected(self, sid: str, actor: Actor) -> None:
        self._actors[sid] = actor

    def disconnected(self, sid: str) -> None:
        self._actors.pop(sid, None)
        for room in list(self._rooms.values()):
            if sid in room.members:
                self._leave(room, sid)

    def subscribe(self, sid: str, stream_name: str, key: uuid.UUID, after: int | None) -> int:
        """Join a room and receive what was missed since `after`. Returns the sequence up to which that was sent.

        Raises NotFound for what the actor may not see, MissingPermission, TooFarBehind.
        """
        actor = self._actors[sid]
        stream = self._streams[stream_name]
        actor.require(stream.needs)
        name = f"{stream.name}:{key}"
        if after is not None:
            after = self._catch_up(stream, key, sid, actor, after)
        while True:
            room = self._rooms.setdefault(name, Room(stream, key))
            with room.lock:
                # While we waited for the lock everybody may have left, and another room may have taken the name.
                if self._rooms.setdefault(name, room) is room:
                    position = self._join(room, sid, actor, after)
                    break
        # What was committed between reading the head and joining has rung before we were listening.
        self._ring_here(name)
        return position

    def _join(self, room: Room, sid: str, actor: Actor, after: int | None) -> int:
        """A member first, then the check: who is put out meanwhile either fails the check or is found by the kick."""
        alone = not room.members
        room.members[sid] = actor
        try:
            head = room.stream.head(room.key, actor)
            if alone:
                room.position = head
            if after is not None:
                self._replay(room, sid, after)
            if sid not in room.members:
                raise NotFound("You have left meanwhile.")
            self.server.enter_room(sid, room.name)
        except BaseException:
            self._leave(room, sid)
            raise
        return room.position

    def unsubscribe(self, sid: str, stream_name: str, key: uuid.UUID) -> None:
        room = self._rooms.get(f"{stream_name}:{key}")
        if room is not None and sid in room.members:
            self._leave(room, sid)

    def _catch_up(self, stream: Stream, key: uuid.UUID, sid: str, actor: Actor, after: int) -> int:
        """Send most of what was missed, as fast as this client reads it, while the room goes on; the last sequence sent."""
        head = stream.head(key, actor)
        if head - after > FARTHEST:
            raise TooFarBehind(sequence=head)
        room = Room(stream, key)
        while head - after > CLOSE and (changes := stream.since(key, after, CLOSE)):
            for change in changes:
                self._send(room, change, to=sid)
            after = changes[-1]["sequence"]
            self._wait_for_reader(sid)
            if after >= head:
                head = stream.head(key, actor)
        return after

    def _wait_for_reader(self, sid: str) -> None:
        deadline = time.monotonic() + SLOWEST_READER
        while self.unsent(sid) > UNREAD and time.monotonic() < deadline:
            self.server.sleep(0.02)
        self.server.sleep(0)

    def _replay(self, room: Room, sid: str, after: int) -> None:
        """The rest, under the room's lock: nothing is delivered to the others meanwhile."""
        while after < room.position:
            changes = [c for c in room.stream.since(room.key, after, PAGE) if c["sequence"] <= room.position]
            if not changes:
                return
            for change in changes:
                self._send(room, change, to=sid)
            after = changes[-1]["sequence"]

    # ---- what happens in this process

    def _ring_here(self, name: str) -> None:
        room = self._rooms.get(name)
        if room is not None and room.members:
            room.dirty = True
            self._bell.set()

    def _kick_here(self, name: str, user_id: uuid.UUID, reason: str) -> None:
        room = self._rooms.get(name)
        if room is None:
            return
        for sid in [sid for sid, actor in list(room.members.items()) if actor.user_id == user_id]:
            self._leave(room, sid)
            self.server.emit("left", {"stream": room.stream.name, "key": str(room.key), "reason": reason}, to=sid)

    def _sign_out_here(self, kind: str, which: str) -> None:
        concerned = concerns(kind, which)
        for sid in [sid for sid, actor in list(self._actors.items()) if concerned(actor)]:
            self._close(sid)

    def _close(self, sid: str) -> None:
        self.server.emit("signed_out", {}, to=sid)
        self.server.disconnect(sid)
        self.disconnected(sid)

    def _leave(self, room: Room, sid: str) -> None:
        room.members.pop(sid, None)
        try:
            self.server.leave_room(sid, room.name)
        except (KeyError, ValueError):
            pass  # the socket is gone already, and its rooms with it
        # Not another room that has taken the name of one that everybody had left.
        if not room.members and self._rooms.get(room.name) is room:
            del self._rooms[room.name]

    def _send(self, room: Room, change: Mapping[str, Any], *, to: str) -> None:
        self.server.emit("change", {"stream": room.stream.name, "key": str(room.key), **change}, to=to)

    # ---- the pump

    def start(self) -> None:
        for target in (self._pump, self._sweep):
            thread = threading.Thread(target=target, name="realtime", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()
        self._bell.set()
        for thread in self._threads:
            thread.join(0.5)

    def _pump(self) -> None:
        while not self._stop.is_set():
            self._bell.wait()
            self._bell.clear()
            for room in [room for room in list(self._rooms.values()) if room.dirty]:
                try:
                    with self._app.app_context():
                        self.advance(room)
                except Exception as error:
                    room.dirty = True  # behind, not broken: the next sweep rings again
                    log.warning("stream %s: %s", room.name, type(error).__name__)

    def advance(self, room: Room) -> None:
        """Deliver what the room has not delivered yet. While somebody joins it stays dirty: they ring once they have."""
        if not room.lock.acquire(blocking=False):
            return
        try:
            room.dirty = False
            # In a room that everybody has left there is no position to go on from.
            while room.members and (changes := room.stream.since(room.key, room.position, CLOSE)):
                for change in changes:
                    self._send(room, change, to=room.name)
                room.position = changes[-1]["sequence"]
                self.server.sleep(0)  # what is large leaves before more is added
        finally:
            room.lock.release()

    def _sweep(self) -> None:
        last, heard_since = time.monotonic(), self._bus.heard_since
        while not self._stop.wait(SWEEP):
            # Also once after the bus came back: what was told in between is lost.
            heard_before, heard_since = heard_since, self._bus.heard_since
            if not self._bus.alive or heard_since != heard_before or time.monotonic() - last > QUIET_SWEEP:
                last = time.monotonic()
                self._look_at_everything()
            if any(room.dirty for room in list(self._rooms.values())):
                self._bell.set()

    def _look_at_everything(self) -> None:
        for room in list(self._rooms.values()):
            self._ring_here(room.name)
            for actor in list(room.members.values()):
                try:
                    with self._app.app_context():
                        room.stream.head(room.key, actor)
                except AppError as error:
                    if actor.user_id is not None:
                        self._kick_here(room.name, actor.user_id, error.code)
                except Exception as error:
                    log.warning("stream %s: %s", room.name, type(error).__name__)
        try:
            with self._app.app_context():
                for sid in self._app.extensions["ended_actors"](dict(self._actors)):
                    self._close(sid)
        except Exception as error:
            log.warning("sockets: %s", type(error).__name__)
