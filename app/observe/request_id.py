"""One id for everything that one request sets going: logs, answers, outbox rows, background calls, socket events."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_acceptable = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_request_id() -> str:
    """The id, or "-" outside of any request."""
    return _request_id.get()


def new_request_id() -> str:
    return os.urandom(12).hex()


def accept(header: str | None) -> str:
    """The caller's id if it looks like one, else a new one."""
    return header if header is not None and _acceptable.fullmatch(header) else new_request_id()


def enter(request_id: str):
    return _request_id.set(request_id)


def leave(token) -> None:
    _request_id.reset(token)


@contextmanager
def use_request_id(request_id: str) -> Iterator[None]:
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)
