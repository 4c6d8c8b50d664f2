"""A whole answer as bytes: for requests that gunicorn refuses before there is an app to ask."""

import email.utils
import http

from app.observe.request_id import current_request_id
from app.web import problems
from app.web.json import dumps
from app.web.security import ALWAYS, API_POLICY

LONGEST = 200
"""Characters of what gunicorn says: it repeats what the client sent."""


def problem(status: int, detail: str | None = None) -> bytes:
    """A problem document, after which the connection ends."""
    body = dumps(problems.of_status(status, detail and detail[:LONGEST]))
    headers = [
        ("Date", email.utils.formatdate(usegmt=True)),
        ("Connection", "close"),
        ("Content-Type", problems.MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", API_POLICY),
        ("X-Request-ID", current_request_id()),
        *ALWAYS,
    ]
    head = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(head).encode("latin-1") + body
