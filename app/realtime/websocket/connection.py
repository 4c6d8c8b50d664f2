"""A WebSocket on gunicorn's socket under gevent: one greenlet reads, and sending never blocks.

What is sent within one turn of the event loop leaves in one system call. A peer that does not read is cut off
at a bound instead of growing this process. Compression is never negotiated: it costs three times the memory.
"""

import base64
import hashlib
import logging
import struct
import weakref
from typing import Any

import gevent
from gevent import socket as gevent_socket
from gevent.hub import get_hub

from app.realtime.websocket import frames

log = logging.getLogger(__name__)

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LINGER = 15.0
"""Seconds in which the peer must have read what was sent before the end."""
FAREWELL = 2.0
"""Seconds in which the peer should answer our close frame."""
MOST_UNSENT = 4 * 1024 * 1024
"""Bytes that may wait for a slow reader."""
MOST_UNSENT_TO_STRANGERS = 64 * 1024
"""The same while the peer has not said who they are."""


class WebSocket:
    """``receive``, ``send``, ``close``; made by :func:`accept`."""

    __slots__ = ("__weakref__", "_closing", "_decoder", "_dirty", "_pending", "_raw", "_socket", "_writing", "closed", "trusted", "unsent")

    def __init__(self, sock: Any, limit: int):
        self._socket = sock
        # gevent's send would wait; the plain socket says at once when it is full.
        self._raw = sock._sock
        self._decoder = frames.Decoder(limit)
        self._pending: list[bytes | memoryview] = []
        self.unsent = 0
        """Bytes that have not left yet."""
        self.trusted = False
        """Whether the peer has said who they are."""
        self._dirty = self._writing = self._closing = False
        self.closed = False

    # ---- receiving, in the greenlet of the request

    def receive(self) -> str | bytes | None:
        """The next message; None once the connection is over."""
        while not self.closed:
            try:
                found = self._decoder.next()
                if found is None:
                    if not self._read():
                        return None
                    continue
                opcode, payload = found
                if self._closing and opcode != frames.CLOSE:
                    continue  # we have said goodbye; only the answer to that counts
                if opcode == frames.TEXT:
                    return payload.decode("utf-8")
                if opcode == frames.BINARY:
                    return payload
                if opcode == frames.PING:
                    self.push(frames.encode(frames.PONG, payload))
                elif opcode == frames.CLOSE:
                    self.close(answer_to(payload))
                    return None
            except UnicodeDecodeError:
                self.close(frames.BAD_TEXT)
                return None
            except frames.Violation as violation:
                log.info("websocket: %s", violation)
                self.close(violation.code)
                return None
            except OSError:
                return None
        return None

    def _read(self) -> bool:
        try:
            data = self._socket.recv(65_536)
        except OSError:
            return False
        self._decoder.feed(data)
        return bool(data)

    # ---- sending, from anywhere

    def send(self, data: str | bytes) -> None:
        """Send a message. Raises OSError once the connection is over."""
        self.push(frames.message(data))

    def push(self, frame: bytes) -> None:
        """Send a ready frame; the same bytes may go to many."""
        if self.closed or self._closing:
            raise OSError("the connection is closed")
        self._pending.append(frame)
        self.unsent += len(frame)
        # One message alone may be larger than the bound; a second one behind it may not wait.
        if self.unsent > (MOST_UNSENT if self.trusted else MOST_UNSENT_TO_STRANGERS) and (self._writing or len(self._pending) > 1):
            log.warning("websocket: a client does not read; %d bytes unsent, cut off", self.unsent)
            self.abort()
            return
        if not self._dirty and not self._writing:
            self._dirty = True
            schedule(self)

    def flush(self) -> None:
        self._dirty = False
        if not self._pending or self.closed or self._writing:
            return
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending = []
        try:
            sent = self._raw.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            return
        if sent == len(data):
            self.unsent = 0
            self._end_if_closing()
            return
        self._pending = [memoryview(data)[sent:]]
        self.unsent = len(data) - sent
        self._writing = True
        gevent.spawn(self._drain)

    def _drain(self) -> None:
        """Send the rest as fast as the peer reads."""
        try:
            while self._pending and not self.closed:
                waiting, self._pending = self._pending, []
                rest = memoryview(b"".join(waiting))
                while rest:
                    gevent_socket.wait_write(self._socket.fileno())
                    try:
                        sent = self._raw.send(rest)
                    except BlockingIOError:
                        continue
                    rest = rest[sent:]
                    self.unsent -= sent
            self._end_if_closing()
        except OSError:
            self.abort()
        finally:
            self._writing = False

    # ---- ending

    def close(self, code: int = frames.NORMAL) -> None:
        """Send what is pending and a close frame; the peer has a moment to answer it, while `receive` gives nothing more."""
        if self.closed or self._closing:
            return
        self._pending.append(frames.close(code))
        self._closing = True
        gevent.spawn_later(LINGER, self.abort)  # whether or not the peer reads what is pending
        self.flush()

    def _end_if_closing(self) -> None:
        """Half-closed: with both halves gone, what the peer still sends would make the kernel drop what it has not read yet."""
        if self._closing and not self.closed:
            try:
                self._socket.shutdown(gevent_socket.SHUT_WR)
            except OSError:
                self.abort()
                return
            gevent.spawn_later(FAREWELL, self.abort)

    def abort(self) -> None:
        if not self.closed:
            self.closed = True
            self._pending = []
            try:
                self._socket.shutdown(gevent_socket.SHUT_RDWR)
            except OSError:
                pass  # the peer was faster


def answer_to(payload: bytes) -> int:
    """The close code to answer a close frame with (RFC 6455, section 7.4)."""
    if not payload:
        return frames.NORMAL
    if len(payload) == 1:
        return frames.PROTOCOL_ERROR
    (code,) = struct.unpack(">H", payload[:2])
    valid = (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
    return code if valid else frames.PROTOCOL_ERROR


_open: "weakref.WeakSet[WebSocket]" = weakref.WeakSet()


def open_sockets() -> list[WebSocket]:
    """Every WebSocket of this process that is not closed."""
    return [websocket for websocket in _open if not websocket.closed]


_dirty: list[WebSocket] = []


def schedule(websocket: WebSocket) -> None:
    """Flush when the loop comes round: everything that was sent until then leaves together."""
    if not _dirty:
        get_hub().loop.run_callback(flush_all)
    _dirty.append(websocket)


def flush_all() -> None:
    waiting, _dirty[:] = _dirty[:], []
    for websocket in waiting:
        websocket.flush()


def accept(environ: dict[str, Any], limit: int = 1_000_000) -> WebSocket | None:
    """Answer an upgrade request (RFC 6455, section 4.2); None when it is not a valid one. Views return :class:`Upgrade`."""
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or len(key) != 24 or "gunicorn.socket" not in environ:
        return None
    if "z2h.seen" in environ:
        environ["z2h.seen"]["upgraded"] = True
    given = environ["gunicorn.socket"]
    sock = getattr(given, "plain", given)
    sock.settimeout(None)
    proof = base64.b64encode(hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    sock.sendall(answer + proof + b"\r\n\r\n")
    websocket = WebSocket(sock, limit)
    _open.add(websocket)
    return websocket
