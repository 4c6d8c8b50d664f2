"""From a Socket.IO session to the WebSocket that carries it, where it is one of ours."""

from typing import Any

from app.realtime.websocket.connection import WebSocket


def websocket_of(server: Any, sid: str) -> WebSocket | None:
    session = server.manager.eio_sid_from_sid(sid, "/")
    return getattr(server.eio.sockets.get(session), "z2h_websocket", None)


def trust(server: Any, sid: str) -> None:
    """Somebody has signed in: they may leave more unread, and stay."""
    if (websocket := websocket_of(server, sid)) is not None:
        websocket.trusted = True


def unsent(server: Any, sid: str) -> int:
    """Bytes on their way to a client that does not read as fast."""
    websocket = websocket_of(server, sid)
    return websocket.unsent if websocket is not None else 0
