"""What others publish, kept in this process for a while."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from app.auth.social.trouble import Trouble

T = TypeVar("T")

GOOD = 3_600.0
"""Seconds after which it is read again."""
USABLE = 86_400.0
"""Seconds for which it still serves while it cannot be read again."""
PAUSE = 30.0
"""Seconds between two readings ahead of time: whoever sends unknown key ids must not make us flood the provider."""


class Kept(Generic[T]):
    def __init__(self, read: Callable[[], T], clock: Callable[[], float] = time.monotonic):
        self._read, self._clock = read, clock
        self._value: T | None = None
        self._read_at = self._failed_at = self._ahead_at = float("-inf")
        self._lock = threading.Lock()

    def get(self) -> T:
        """Raises Trouble when it cannot be read and what is kept is too old."""
        with self._lock:
            now = self._clock()
            if self._value is None or now - self._read_at >= GOOD:
                self._renew(now)
            assert self._value is not None
            return self._value

    def ahead_of_time(self) -> T:
        """Read anew because something was missing in it, unless that was done a moment ago."""
        with self._lock:
            now = self._clock()
            if now - self._ahead_at >= PAUSE:
                self._ahead_at = now
                self._renew(now)
        return self.get()

    def _renew(self, now: float) -> None:
        usable = self._value is not None and now - self._read_at < USABLE
        if usable and now - self._failed_at < PAUSE:
            return
        try:
            self._value, self._read_at = self._read(), now
        except Trouble:
            self._failed_at = now
            if not usable:
                raise
