"""The pool of connections: the newest first, the longest waiting first, and a way to borrow one without ceremony.

SQLAlchemy's QueuePool passes through a Condition for every connection it gives and takes; under gevent that and
the checkout around it cost 110 µs of a request (docs/decisions/0005-speed.md).
"""

import threading
import time
from collections import deque
from typing import Any

import sqlalchemy as sa


class Pool(sa.pool.Pool):
    """At most `pool_size` connections; who waits longer than `timeout` seconds gets sqlalchemy.exc.TimeoutError."""

    def __init__(self, creator: Any, pool_size: int = 5, timeout: float = 30.0, **options: Any):
        super().__init__(creator, **options)
        self.size, self._timeout = pool_size, timeout
        self._idle: deque[Any] = deque()
        self._made = 0
        self._waiting = 0
        self._returned = threading.Condition(threading.Lock())

    def borrow(self) -> Any:
        """A pool entry, connected, without the bookkeeping of a checkout: `entry.dbapi_connection`. Give it back."""
        entry = self._do_get()
        try:
            entry.get_connection()
        except BaseException:
            self._do_return_conn(entry)
            raise
        return entry

    def give_back(self, entry: Any) -> None:
        self._do_return_conn(entry)

    def _do_get(self) -> Any:
        if not self._waiting:  # nobody is overtaken
            try:
                return self._idle.pop()
            except IndexError:
                pass
        return self._make_or_wait()

    def _make_or_wait(self) -> Any:
        with self._returned:
            # A connection that could not be made leaves room for one of those who wait.
            if self._made >= self.size or self._waiting:
                entry = self._wait()
                if entry is not None:
                    return entry
            self._made += 1
        try:
            return self._create_connection()
        except BaseException:
            with self._returned:
                self._made -= 1
                self._returned.notify()
            raise

    def _wait(self) -> Any | None:
        """An entry that was given back, or None once another may be made."""
        deadline = time.monotonic() + self._timeout
        self._waiting += 1
        try:
            while True:
                try:
                    return self._idle.pop()
                except IndexError:
                    if self._made < self.size:
                        return None
                    left = deadline - time.monotonic()
                if left <= 0:
                    raise sa.exc.TimeoutError(f"All {self.size} connections to the database have been busy for {self._timeout:g} s.")
                self._returned.wait(left)
        finally:
            self._waiting -= 1

    def _do_return_conn(self, record: Any) -> None:
        self._idle.append(record)
        # Whoever began to wait before this line is counted, and whoever does after it finds the connection.
        if self._waiting:
            with self._returned:
                self._returned.notify()

    def recreate(self) -> "Pool":
        return type(self)(
            self._creator,
            self.size,
            self._timeout,
            recycle=self._recycle,
            echo=self.echo,
            logging_name=self._orig_logging_name,
            reset_on_return=self._reset_on_return,
            pre_ping=self._pre_ping,
            _dispatch=self.dispatch,
            dialect=self._dialect,
        )

    def dispose(self) -> None:
        while self._idle:
            self._idle.pop().close()
            self._made -= 1

    def status(self) -> str:
        return f"{self._made} of {self.size} connections open, {len(self._idle)} idle, {self._waiting} waiting"

    def checkedout(self) -> int:
        """How many connections are in use."""
        return self._made - len(self._idle)
