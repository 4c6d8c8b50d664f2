"""Our WebSocket behind python-engineio, in the place of simple-websocket.

simple-websocket under gevent sends once and drops what did not fit, keeps an unbounded queue for each client
and needs three greenlets. The hook is engineio's driver table and five methods of its Socket; all of it is in
this file, and it refuses to start with a version of engineio that it was not tested with.
"""

import time
from importlib.metadata import version
from typing import Any

from engineio import packet as packets
from engineio import socket as sockets
from engineio.async_drivers import gevent as driver

from app.realtime.websocket import frames
from app.realtime.websocket.connection import WebSocket, accept
from app.realtime.websocket.delayed import Delayed

TESTED = "4.15.1"
STRANGER = 20.0
"""Seconds in which a client must have connected with a token."""

_original: dict[str, Any] = {}


class Driver:
    """What engineio makes for an upgrade request: `__call__` is the WSGI side, `wait` and `send` the other."""

    def __init__(self, handler: Any, server: Any):
        self._handler, self._server = handler, server
        self.websocket: WebSocket = None  # type: ignore[assignment]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if "gunicorn.socket" not in environ:
            return _original["driver"](self._handler, self._server)(environ, start_response)
        websocket = accept(environ, self._server.max_http_buffer_size)
        if websocket is None:
            start_response("400 Bad Request", [("Content-Length", "0"), ("Sec-WebSocket-Version", "13")])
            return []
        self.websocket = websocket
        try:
            self._handler(self)
        finally:
            websocket.abort()
        # gunicorn takes this for "the connection was dealt with".
        raise StopIteration

    def wait(self) -> str | bytes | None:
        return self.websocket.receive()

    def send(self, data: str | bytes) -> None:
        self.websocket.send(data)

    def close(self) -> None:
        self.websocket.close()


def frame_of(packet: Any) -> bytes:
    """The packet's frame, made once for all of its receivers."""
    frame = packet.__dict__.get("z2h_frame")
    if frame is None:
        frame = packet.__dict__["z2h_frame"] = frames.message(packet.encode())
    return frame


def send(self: Any, packet: Any) -> None:
    websocket = self.__dict__.get("z2h_websocket")
    if websocket is None:
        _original["send"](self, packet)
    elif self.check_ping_timeout():
        try:
            websocket.push(frame_of(packet))
        except OSError:
            pass  # it closed meanwhile; the reader ends the session


def close(self: Any, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
    websocket = self.__dict__.get("z2h_websocket")
    if websocket is None:
        _original["close"](self, wait, abort, reason)
        return
    if self.closed or self.closing:
        return
    self.closing = True
    self.server._trigger_event("disconnect", self.sid, reason or self.server.reason.SERVER_DISCONNECT, run_async=False)
    if not abort:
        try:
            websocket.push(frame_of(packets.Packet(packets.CLOSE)))
        except OSError:
            pass  # it closed meanwhile
    self.closed = True
    websocket.close()


def schedule_ping(self: Any) -> None:
    if self.last_ping:
        self.last_ping = None
        pings.add(self, self.server.ping_interval)


def ping(session: Any) -> None:
    if not session.closing and not session.closed:
        session.last_ping = time.time()
        session.send(packets.Packet(packets.PING))


def serve(self: Any, websocket: Any) -> list[Any]:
    """The life of a session that came by WebSocket; we offer no other transport."""
    if not isinstance(websocket, Driver) or self.connected:
        return _original["_websocket_handler"](self, websocket)
    self.connected = self.upgraded = True
    self.z2h_websocket = websocket.websocket
    send_queued(self, websocket.websocket)
    strangers.add(websocket.websocket, STRANGER)
    while (data := websocket.wait()) is not None:
        try:
            self.receive(packets.Packet(encoded_packet=data))
        except sockets.exceptions.SocketIsClosedError:
            break
        except (sockets.exceptions.UnknownPacketError, ValueError, KeyError, IndexError, TypeError):
            self.server.logger.info("a packet that is none")
    self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
    return []


pings = Delayed(ping)


def end_stranger(websocket: WebSocket) -> None:
    """Socket.IO lets a client stay that never says who it is."""
    if not websocket.trusted:
        websocket.close()


strangers = Delayed(end_stranger)


def send_queued(self: Any, websocket: WebSocket) -> None:
    """What engineio queued before we took over: its own handshake."""
    empty = self.server.get_queue_empty_exception()
    while True:
        try:
            packet = self.queue.get(block=False)
        except empty:
            return
        self.queue.task_done()
        if packet is not None and packet.packet_type != packets.NOOP:
            websocket.push(frame_of(packet))


REPLACED = {"send": send, "close": close, "_websocket_handler": serve, "schedule_ping": schedule_ping}


def install() -> None:
    """Take over. Raises RuntimeError for a version of python-engineio that this was not tested with."""
    if _original:
        return
    if (found := version("python-engineio")) != TESTED:
        raise RuntimeError(f"The WebSocket driver was tested with python-engineio {TESTED}, not {found}.")
    _original["driver"] = driver.WebSocketWSGI
    for name, replacement in REPLACED.items():
        _original[name] = getattr(sockets.Socket, name)
        setattr(sockets.Socket, name, replacement)
    driver._async["websocket"] = Driver
