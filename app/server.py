"""gunicorn's gevent worker with two things added: deadlines for slow clients, and a quick end.

gunicorn's own bound on a request's headers is the keep-alive time, and a body may trickle in for ever.
"""

import email.utils
import random
import sys
import time
from typing import Any

import gevent
from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.ggevent import GeventWorker

HEADERS_SECONDS = 10.0
"""Time for a request to arrive, to which a body adds as it comes in."""
SLOWEST = 4_096
"""Bytes a second below which a body is too slow."""
WRITE_SECONDS = 60.0
SPREAD = 3.0
"""Seconds over which open sockets are closed at the end, so that clients don't all return at once."""


def http_date(timestamp: float | None = None) -> str:
    """The `Date` of an answer (RFC 9110, section 6.6.1), made once a second; gunicorn makes it anew for each (2 % of a request)."""
    global _date
    now = int(time.time() if timestamp is None else timestamp)
    made, text = _date
    if made != now:
        text = email.utils.formatdate(now, usegmt=True)
        _date = now, text
    return text


_date = 0, ""
util.http_date = http_date

TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class ClientSocket:
    """A socket that knows since when it has been receiving a request; anything else goes to the plain one."""

    def __init__(self, plain: Any, worker: "Worker"):
        self.plain = plain
        self._worker = worker
        self.began: float | None = None
        self._received = 0
        self.answering = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    def recv(self, size: int, *flags: int) -> bytes:
        if self.began is None:
            return self._first(size)
        left = self.began + HEADERS_SECONDS + self._received / SLOWEST - time.monotonic()
        data = self._wait(size, left) if left > 0 else b""
        self._received += len(data)
        return data

    def _first(self, size: int) -> bytes:
        """An idle connection may wait for its next request as long as keep-alive allows, until the worker ends."""
        if not self._worker.alive:
            return b""
        self._worker.idle.add(self)
        try:
            self.plain.settimeout(self._worker.cfg.keepalive)
            data = self.plain.recv(size)
        except OSError:
            data = b""
        finally:
            self._worker.idle.discard(self)
        self.began, self._received = time.monotonic(), len(data)
        self.plain.settimeout(WRITE_SECONDS)
        return data

    def _wait(self, size: int, seconds: float) -> bytes:
        self.plain.settimeout(seconds)
        try:
            return self.plain.recv(size)
        except TimeoutError:
            self._refuse()
            return b""
        finally:
            self.plain.settimeout(WRITE_SECONDS)

    def _refuse(self) -> None:
        """Say why, if no answer has begun; to the parser it looks like the end of the connection."""
        if not self.answering:
            try:
                self.plain.sendall(TIMEOUT)
            except OSError:
                pass  # gone already

    def next_request(self) -> None:
        self.began, self.answering = None, False


class Worker(GeventWorker):
    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.idle: set[ClientSocket] = set()

    def load_wsgi(self) -> None:
        """A start-up that is refused ends the master too; with any other exit code it would try again for ever."""
        try:
            super().load_wsgi()
        except SystemExit as refusal:
            sys.stderr.write(f"{refusal.code}\n")
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from None

    def timeout_ctx(self) -> Any:
        """The deadlines are the socket's."""
        return gevent.Timeout(None, False)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        super().handle(listener, ClientSocket(client, self), addr)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            if isinstance(sock, ClientSocket):
                sock.next_request()

    def end_connections(self) -> None:
        """Once the worker is told to end: idle connections at once, open sockets spread over a moment."""
        while self.alive:
            gevent.sleep(0.1)
        for connection in list(self.idle):
            try:
                connection.plain.shutdown(2)
            except OSError:
                pass  # gone already
        open_sockets = list(self.engineio().sockets.values())
        for session in open_sockets:
            delay = random.random() * min(SPREAD, len(open_sockets) / 100)
            gevent.spawn_later(delay, session.close, wait=False)

    @staticmethod
    def engineio() -> Any:
        from app.extensions import socketio

        return socketio.server.eio  # type: ignore[union-attr]
