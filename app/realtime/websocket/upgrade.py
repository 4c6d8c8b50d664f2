"""A view that speaks WebSocket: it returns an :class:`Upgrade` instead of an answer."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response

from app.realtime.websocket.connection import WebSocket, accept


class Upgrade(Response):
    """Answers 101 and hands the connection to ``serve(websocket)``, which ends it by returning; else 426.

    ``limit`` bounds a message, in bytes. ``trusted``: the view knows who this is; else set `websocket.trusted` once they have
    said it, or little may wait for them to read it. Everything runs in the request's greenlet: give the session back
    (`db.session.remove()`) before waiting for the next message.
    """

    def __init__(self, serve: Callable[[WebSocket], None], limit: int = 1_000_000, trusted: bool = True):
        super().__init__(status=426, headers={"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"})
        self._serve, self._limit, self._trusted = serve, limit, trusted

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        websocket = accept(environ, self._limit)
        if websocket is None:
            return super().__call__(environ, start_response)
        websocket.trusted = self._trusted
        try:
            self._serve(websocket)
            websocket.close()
            while websocket.receive() is not None:
                pass  # until the peer has answered
        finally:
            websocket.abort()
        # gunicorn takes this for "the connection was dealt with".
        raise StopIteration
