"""Delivers the outbox: at once after a commit, and by a sweep what a crash or a dead Redis left behind.

Every web and worker process has one. Listeners are called right here; background functions are handed to
the workers, which also make by themselves the calls that nobody told them about.
"""

import logging
import queue
import threading
import uuid

from flask import Flask

from app import background, outbox
from app.observe import current_request_id
from app.outbox import BACKGROUND, LISTENER
from app.redis import Redis

log = logging.getLogger(__name__)

SWEEP = 2.0
"""Seconds between sweeps, and how late a call must be to be swept up."""
TICK = 5.0
"""Seconds between looks at the schedules."""


class Relay:
    """``wake`` only puts a note on a queue: nobody who commits ever waits for a delivery."""

    def __init__(self, app: Flask, redis: Redis):
        self._app = app
        self._redis = redis
        self._notes: queue.SimpleQueue[tuple[str, uuid.UUID] | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def wake(self, kind: str, call: uuid.UUID) -> None:
        """A call of this kind has been committed."""
        if self._threads:
            self._notes.put((kind, call))

    def start(self, *, works: bool) -> None:
        """Begin delivering. A worker process (`works`) sweeps up background calls and ticks the schedules, too."""
        targets = [self._deliver, lambda: self._sweep(works)]
        self._threads = [threading.Thread(target=target, name="relay", daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._notes.put(None)
        for thread in self._threads:
            thread.join(3)
        self._threads = []

    def deliver_all(self) -> int:
        """Make every call that is due, here and now, until none is left: for tests and commands. Returns how many."""
        made = 0
        while calls := outbox.due((LISTENER, BACKGROUND)):
            done = sum(outbox.run(call) for call in calls)
            if not done:
                break
            made += done
        return made

    def _deliver(self) -> None:
        while (note := self._notes.get()) is not None:
            notes = [note]
            while not self._notes.empty() and len(notes) < 100:
                more = self._notes.get()
                if more is None:
                    return
                notes.append(more)
            try:
                self._deliver_now(notes)
            except Exception:
                log.exception("relay: the sweep will deliver what this did not")

    def _deliver_now(self, notes: list[tuple[str, uuid.UUID]]) -> None:
        if pushed := [call for kind, call in notes if kind == BACKGROUND]:
            self._redis.attempt(lambda client: background.push(client, pushed), None)
        with self._app.app_context():
            for kind, call in notes:
                if kind == LISTENER:
                    outbox.run(call)

    def _sweep(self, works: bool) -> None:
        kinds = (LISTENER, BACKGROUND) if works else (LISTENER,)
        repeating = [f for f in self._app.extensions["background"].values() if f.every] if works else []
        since_tick = TICK
        while not self._stop.is_set():
            try:
                with self._app.app_context():
                    for call in outbox.due(kinds, late=SWEEP):
                        outbox.run(call)
                    if since_tick >= TICK:
                        background.tick(repeating)
                        since_tick = 0.0
            except Exception as error:
                log.warning("sweep: %s; trying again (request %s)", type(error).__name__, current_request_id())
            self._stop.wait(SWEEP)
            since_tick += SWEEP
