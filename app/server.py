"""gunicorn's gevent worker with three things added: deadlines for slow clients, whole bodies or none, and a quick end.

gunicorn's own bound on a request's headers is the keep-alive time, and a body may trickle in for ever. Its body reader
takes the end of a connection for the end of a body, and says to werkzeug (`wsgi.input_terminated`) that it does not.
"""

import email.utils
import errno
import functools
import random
import socket
import sys
import time
from typing import Any

import gevent
from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import ParseException
from gunicorn.workers.ggevent import GeventWorker

from app.observe.request_id import new_request_id, use_request_id

HEADERS_SECONDS = 10.0
"""Time for a request to arrive, to which a body adds as it comes in."""
SLOWEST = 4_096
"""Bytes a second below which a body is too slow."""
WRITE_SECONDS = 60.0
LINGER = 1.0
"""Seconds in which a client that is still sending may read why its connection ends."""
MOST_UNREAD = 50_000_000
"""Bytes of a body that nobody wanted which are read so that the connection can go on."""
FRESH = 1.0
"""Seconds at the end in which a new connection may send its first request."""
SPREAD = 3.0
"""Seconds over which open sockets are closed at the end, so that clients don't all return at once."""
GOING_AWAY = 1001


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


def refuse(sock: Any, status: int, reason: str, message: str) -> None:
    """What gunicorn answers by itself; its own answers are HTML. `ClientSocket.close` lets the client read it."""
    from app.web import raw

    sock.sendall(raw.problem(status, message))


util.http_date = http_date
util.write_error = refuse


class ClientSocket:
    """A socket that knows since when it has been receiving a request; anything else goes to the plain one.

    Within a request `recv` never returns b"": a request that does not arrive as a whole raises ConnectionResetError.
    """

    def __init__(self, plain: Any, worker: "Worker"):
        self.plain = plain
        self._worker = worker
        self.began: float | None = None
        """When the request began to arrive; None between requests."""
        self.served = False
        """Whether a request has been answered."""
        self._received = 0
        self._request: Any = None
        self._answering = self._over = self._cut = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    # ---- receiving

    def recv(self, size: int, *flags: int) -> bytes:
        if self.began is None:
            return self._first(size)
        data = self._more(size)
        self._received += len(data)
        return data

    def _first(self, size: int) -> bytes:
        """An idle connection may wait for its next request as long as keep-alive allows, until the worker ends."""
        self._worker.idle.add(self)
        try:
            self.plain.settimeout(self._patience())
            data = self.plain.recv(size)
        except OSError:
            data = b""
        finally:
            self._worker.idle.discard(self)
            self.plain.settimeout(WRITE_SECONDS)
        if data:
            self.began, self._received = time.monotonic(), len(data)
        return data

    def _patience(self) -> float:
        """At the end, what has arrived on a connection is still answered; a fresh one is a request that is under way."""
        if self._worker.alive:
            return self._worker.cfg.keepalive
        return 0.0 if self.served else FRESH

    def _more(self, size: int) -> bytes:
        assert self.began is not None
        left = self.began + HEADERS_SECONDS + self._received / SLOWEST - time.monotonic()
        try:
            # What is here already is never too late.
            self.plain.settimeout(max(left, 0.0))
            data = self.plain.recv(size)
        except (TimeoutError, BlockingIOError):
            self._refuse()
            raise self._broken("too slow") from None
        finally:
            self.plain.settimeout(WRITE_SECONDS)
        if not data:
            # Cut off by us in the middle of a request: no answer, so that the client tries again elsewhere.
            self._over = self._cut
            raise self._broken("it ended within a request")
        return data

    def _broken(self, why: str) -> ConnectionResetError:
        """Nobody knows where the next request would begin."""
        if self._request is not None:
            self._request.force_close()
        return ConnectionResetError(errno.ECONNRESET, why)

    def _refuse(self) -> None:
        """Say why, if no answer has begun, and nothing after it: the app may still try to answer."""
        from app.web import raw

        try:
            if not self._answering:
                with use_request_id(new_request_id()):
                    self.plain.sendall(raw.problem(408))
        except OSError:
            pass  # gone already
        self._over = True

    # ---- answering

    def sendall(self, data: bytes, *flags: int) -> None:
        if self._over:
            raise ConnectionResetError(errno.ECONNRESET, "the answer was that the request is too slow")
        self._answering = True
        self.plain.sendall(data, *flags)

    def begin(self, request: Any) -> None:
        """Its headers have been read; they may have come together with the request before."""
        if self.began is None:
            self.began, self._received = time.monotonic(), 0
        self._request = request

    def next_request(self, arrived: int) -> None:
        """All of the request was read, and `arrived` bytes of the next."""
        self.began, self._received = (time.monotonic(), arrived) if arrived else (None, 0)
        self._request, self._answering, self.served = None, False, True

    # ---- ending

    def cut(self) -> None:
        """Wake who waits for a request: to them it looks like the end, but what has arrived as a whole is still answered."""
        self._cut = True
        try:
            self.plain.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # gone already

    def close(self) -> None:
        """With bytes unread, the kernel would reset the connection, and the client lose the answer (RFC 9112, section 9.6)."""
        if self.began is not None:
            util.close_graceful(self.plain, LINGER)
        else:
            self.plain.close()


class Reader:
    """Reads a chunked body; to the app, one that is malformed is one that ended early."""

    def __init__(self, request: Any):
        self._request, self._plain = request, request.body.reader

    def read(self, size: int) -> bytes:
        try:
            return self._plain.read(size)
        except ParseException as error:
            self._request.force_close()
            raise OSError(errno.EPROTO, str(error)) from error


def drained(body: Body) -> bool:
    """Read what nobody has read of a body; whether that was all of it."""
    left = MOST_UNREAD
    try:
        while left > 0:
            size = len(body.read(65_536))
            if not size:
                return True
            left -= size
    except OSError:
        pass  # the client gave up
    return False


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

    def handle_request(self, listener_name: Any, req: Any, sock: ClientSocket, addr: Any) -> None:
        if isinstance(req.body.reader, ChunkedReader):
            req.body.reader = Reader(req)
        sock.begin(req)
        super().handle_request(listener_name, req, sock, addr)
        # gunicorn would do this as part of reading the next request, without a deadline, and answer its errors a second time.
        if not drained(req.body):
            raise StopIteration
        sock.next_request(len(req.unreader.buf.getvalue()))

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        with use_request_id(new_request_id()):
            super().handle_error(req, client, addr, exc)

    def end_connections(self) -> None:
        """Once the worker is told to end: idle connections at once, fresh ones after a moment, open sockets spread over one."""
        while self.alive:
            gevent.sleep(0.1)
        for connection in list(self.idle):
            if connection.served:
                connection.cut()
        self.end_sockets()
        gevent.sleep(FRESH)
        for connection in list(self.idle):
            connection.cut()
        while True:
            self.end_sockets()  # that were opened meanwhile
            gevent.sleep(FRESH)

    def end_sockets(self) -> None:
        from app.realtime.websocket.connection import open_sockets

        sessions = list(self.engineio().sockets.values())
        carried = {id(getattr(session, "z2h_websocket", None)) for session in sessions}
        ends = [functools.partial(session.close, wait=False) for session in sessions]
        ends += [functools.partial(websocket.close, GOING_AWAY) for websocket in open_sockets() if id(websocket) not in carried]
        for end in ends:
            gevent.spawn_later(random.random() * min(SPREAD, len(ends) / 100), end)

    @staticmethod
    def engineio() -> Any:
        from app.extensions import socketio

        return socketio.server.eio  # type: ignore[union-attr]
