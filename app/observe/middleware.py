"""One WSGI layer around the app: request id, time, log line, metrics. Cheaper than Flask's hooks."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from app.observe import metrics, request_id
from app.observe.logs import request_lines

UNMATCHED = "(none)"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "OTHER"
"""Anybody can make up a method: each would be a time series for ever."""


class Observed:
    """Sets `environ["z2h.seen"]`, in which the app leaves the request's `route` and `actor` (Socket.IO copies the environ)."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]]):
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        ours = request_id.accept(environ.get("HTTP_X_REQUEST_ID"))
        token = request_id.enter(ours)
        seen: dict[str, Any] = {}
        environ["z2h.seen"] = seen
        code = "500"

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal code
            code = status[:3]
            headers.append(("X-Request-ID", ours))
            return start_response(status, headers, *rest)

        try:
            return self._wsgi(environ, start)
        finally:
            took = time.perf_counter() - began
            method, route = environ["REQUEST_METHOD"], seen.get("route", UNMATCHED)
            if "upgraded" in seen:
                code = "101"  # a socket, and how long it was open: no request's time
            else:
                metrics.observe(method if method in METHODS else OTHER, route, code, took)
            actor = seen.get("actor")
            request_lines.write(
                {
                    "method": method,
                    "route": route,
                    "status": code,
                    "ms": round(took * 1e3, 2),
                    "address": environ.get("REMOTE_ADDR", ""),
                    "account": str(actor) if actor else None,
                }
            )
            request_id.leave(token)
