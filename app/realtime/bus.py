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

WAITING = 10_000
"""Messages kept while Redis is away."""

Handler = Callable[[Any], None]


class Bus:
    def __init__(self, redis: Redis):
        self.origin = uuid.uuid4().hex
        self._redis = redis
        self._handlers: dict[str, Handler] = {}
        self._outgoing: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._heard = self._since = float("-inf")
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def alive(self) -> bool:
        """Whether what others tell reaches us."""
        return time.monotonic() - self._heard < SILENCE

    @property
    def heard_since(self) -> float:
        """The moment (`time.monotonic`) since when we have missed nothing; infinity while we are deaf."""
        return self._since if self.alive else float("inf")

    def on(self, topic: str, handler: Handler) -> None:
        """Have `handler` called with what other processes tell under this topic."""
        self._handlers[topic] = handler

    def tell(self, topic: str, message: Any) -> None:
        """Tell every other process, as soon as Redis takes it; returns at once. The message is JSON.

        Who cannot hear it meanwhile knows by its own silence that it misses something.
        """
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
            self._publish(client, json.dumps([self.origin, messages], separators=(",", ":")))

    def _publish(self, client: Any, batch: str) -> None:
        """Until Redis takes it: what is revoked here must reach those who can still hear."""
        while not self._stop.is_set():
            try:
                client.publish(CHANNEL, batch)
                return
            except Away as error:
                log.debug("bus: redis is away: %s", type(error).__name__)
                self._drop_all_but(WAITING)
                self._stop.wait(BEAT)

    def _drop_all_but(self, most: int) -> None:
        """While Redis is away messages gather; the oldest go, for whom the sweeps and the silence make up."""
        while self._outgoing.qsize() > most:
            self._outgoing.get()

    def _beat(self) -> None:
        while not self._stop.is_set():
            self.tell("beat", self.origin)
            self._stop.wait(BEAT)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with self._redis.patient(5.0).pubsub(ignore_subscribe_messages=True) as subscription:
                    # What was told since the last subscription broke off is lost: deaf until our own heartbeat comes back.
                    self._heard = float("-inf")
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

    def _hear(self) -> None:
        now = time.monotonic()
        if not self.alive:
            self._since = now
        self._heard = now

    def _receive(self, data: bytes) -> None:
        origin, messages = json.loads(data)
        ours = origin == self.origin
        for topic, message in messages:
            if topic == "beat":
                if ours:
                    self._hear()
            elif not ours and topic in self._handlers:
                try:
                    self._handlers[topic](message)
                except Exception:
                    log.exception("bus: the handler of %s failed", topic)
