"""psycopg waits on gevent's loop itself, instead of on gevent's imitation of `select.poll`.

The imitation makes an event and several watchers for each wait (docs/decisions/0001-autocommit-reads-and-prepared-statements.md).
"""

from typing import Any

import gevent
import psycopg
from gevent.hub import get_hub
from psycopg import waiting

READY = {1: waiting.READY_R, 2: waiting.READY_W, 3: waiting.READY_RW}


def wait(generator: Any, fileno: int, interval: float = 0.0, timeout: float | None = None) -> Any:
    """Run a psycopg generator to its end, switching to other greenlets while the socket is not ready."""
    try:
        state = next(generator)
    except StopIteration as end:
        return end.value
    hub = get_hub()
    if hub is gevent.getcurrent():
        # A callback of the loop cannot wait for the loop.
        return waiting.wait_select(generator, fileno, interval)
    deadline = gevent.Timeout.start_new(timeout) if timeout is not None else None
    try:
        while True:
            wanted = int(state) & 3
            watcher = hub.loop.io(fileno, wanted)
            try:
                hub.wait(watcher)
            finally:
                watcher.close()
            state = generator.send(READY[wanted] if wanted != 3 else waiting.READY_W)
    except StopIteration as end:
        return end.value
    except gevent.Timeout as expired:
        if expired is deadline:
            raise psycopg.errors._WaitTimeout("wait timeout expired") from None
        raise
    finally:
        if deadline is not None:
            deadline.close()


def install() -> None:
    """Call after monkey-patching and before the first connection."""
    waiting.wait = wait
