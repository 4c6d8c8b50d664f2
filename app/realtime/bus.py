"""How processes tell each other things, over one Redis channel, and how each knows whether it still hears.

Nothing that must not be missed goes over the bus: it rings bells. Every process hears its own heartbeat
twice a second; when it does not, it is not :attr:`Bus.alive`, and whoever relies on the bus asks PostgreSQL.
"""

import json
import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from app.redis import Away, Redis

log = logging.getLogger(__name__)

CHANNEL = "z2h:bus"
BEAT = 0.5
SILENCE = 1.5
"""Seconds without our own heartbeat after which we count as deaf."""
GATHER = 0.003
"""Seconds in which messages gather into one publication: a bell a request would cost 4 % of a small write."""
MOST = 500
"""Messages in one publication."""

Handler = Callable[[Any], None]


class Bus:
    def __init__(self, redis: Redis):
        self.origin = uuid.uuid4().hex
        self._redis = redis
        self._handlers: dict[str, Handler] = {}
        self._outgoing: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._heard = float("-inf")
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def alive(self) -> bool:
        """Whether what others tell reaches us."""
        return time.monotonic() - self._heard < SILENCE

    def on(self, topic: str, handler: Handler) -> None:
        """Have `handler` called with what other processes tell under this topic."""
        self._handlers[topic] = handler

    def tell(self, topic: str, message: Any) -> None:
        """Tell every other process; returns at once. The message is JSON, and is lost when Redis is away."""
        self._outgoing.put((topic, message))

    def start(self) -> None:
        for target in (self._send, self._beat, self._listen):
            thread = threading.Thread(target=target, name="bus", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()
        self._outgoing.put(("beat", self.origin))
        for thread in self._threads:
            thread.join(0.5)
        self._threads = []

    def _send(self) -> None:
        client = self._redis.patient(SILENCE)
        while not self._stop.is_set():
            messages = [self._outgoing.get()]
            self._stop.wait(GATHER)
            while not self._outgoing.empty() and len(messages) < MOST:
                messages.append(self._outgoing.get())
            try:
                client.publish(CHANNEL, json.dumps([self.origin, messages], separators=(",", ":")))
            except Away as error:
                log.debug("bus: %d messages lost: %s", len(messages), type(error).__name__)

    def _beat(self) -> None:
        while not self._stop.is_set():
            self.tell("beat", self.origin)
            self._stop.wait(BEAT)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with self._redis.patient(5.0).pubsub(ignore_subscribe_messages=True) as subscription:
                    subscription.subscribe(CHANNEL)
                    while not self._stop.is_set():
                        message = subscription.get_message(timeout=1.0)
                        if message is not None:
                            self._receive(message["data"])
            except Away as error:
                log.warning("bus: redis is away: %s", type(error).__name__)
                self._stop.wait(BEAT)
            except Exception:
                log.exception("bus: a message could not be handled")

    def _receive(self, data: bytes) -> None:
        origin, messages = json.loads(data)
        ours = origin == self.origin
        for topic, message in messages:
            if topic == "beat":
                if ours:
                    self._heard = time.monotonic()
            elif not ours and topic in self._handlers:
                try:
                    self._handlers[topic](message)
                except Exception:
                    log.exception("bus: the handler of %s failed", topic)
