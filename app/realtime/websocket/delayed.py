"""Many calls after one and the same delay, from one greenlet: a timer of its own for each would cost a socket 4 kB."""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent

log = logging.getLogger(__name__)


class Delayed:
    """``call(item)`` some seconds after :meth:`add`; the delay is always the same, so items come due in their order."""

    def __init__(self, call: Callable[[Any], None]):
        self._call = call
        self._due: deque[tuple[float, Any]] = deque()
        self._running = False

    def add(self, item: Any, seconds: float) -> None:
        self._due.append((time.monotonic() + seconds, item))
        if not self._running:
            self._running = True
            gevent.spawn(self._run)

    def _run(self) -> None:
        while self._due:
            moment, item = self._due[0]
            if (left := moment - time.monotonic()) > 0:
                gevent.sleep(left)
                continue
            self._due.popleft()
            try:
                self._call(item)
            except Exception:
                log.exception("a delayed call failed")
        self._running = False
