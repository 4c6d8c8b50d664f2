"""Tokens that were verified a moment ago, so that most requests verify nothing.

An entry is believed while all of this holds: the token has not expired; the database confirmed it less than
``FRESH`` seconds ago; and the bus that would tell us of a revocation has been heard without a gap since then.
While the bus is silent, every request asks the database: log-out and revocation act at once even while Redis is away.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from app.access import Actor, concerns

FRESH = 15.0
"""Seconds after which the database is asked again, whatever the bus says."""
MOST = 20_000
"""Entries kept; past that, all are dropped and verified again as they come."""

SESSION, TOKEN, USER, ROLE = "session", "token", "user", "role"


@dataclass(slots=True)
class Entry:
    """``expires`` is a time of the clock, ``checked`` one of `time.monotonic`: when the database was last asked."""

    actor: Actor
    expires: float
    checked: float


class Known:
    def __init__(self, heard_since: Callable[[], float], tell: Callable[[str, Any], None]):
        self._heard_since = heard_since
        self._tell = tell
        self._entries: dict[str, Entry] = {}
        self._ended = 0
        self._lock = threading.Lock()

    def get(self, credential: str) -> Actor | None:
        entry = self._entries.get(credential)
        if entry is None or entry.expires <= time.time():
            return None
        return entry.actor if entry.checked > max(time.monotonic() - FRESH, self._heard_since()) else None

    def generation(self) -> tuple[int, float]:
        """Take this before asking the database, and give it to :meth:`put`."""
        return self._ended, time.monotonic()

    def unchanged(self, generation: tuple[int, float]) -> bool:
        """Whether nothing has been revoked since, as far as we have heard."""
        return generation[0] == self._ended and generation[1] > self._heard_since()

    def put(self, credential: str, actor: Actor, expires: float, generation: tuple[int, float]) -> None:
        """Remember, unless something was revoked while the database was being asked."""
        with self._lock:
            if generation[0] != self._ended:
                return
            if len(self._entries) >= MOST:
                self._entries.clear()
            self._entries[credential] = Entry(actor, expires, generation[1])

    def forget(self, kind: str, which: uuid.UUID | str) -> None:
        """Drop what belongs to a session, a personal token, a person or a role, here and in every other process."""
        self.drop(kind, str(which))
        self._tell("forget", [kind, str(which)])

    def heard(self, message: Any) -> None:
        kind, which = message
        self.drop(kind, which)

    def drop(self, kind: str, which: str) -> None:
        concerned = concerns(kind, which)
        with self._lock:
            self._ended += 1
            stale = [key for key, entry in self._entries.items() if concerned(entry.actor)]
            for key in stale:
                del self._entries[key]


def init_app(app: Flask) -> None:
    bus = app.extensions["bus"]
    known = app.extensions["known"] = Known(lambda: bus.heard_since, bus.tell)
    bus.on("forget", known.heard)


def forget_session(session_id: uuid.UUID) -> None:
    current_app.extensions["known"].forget(SESSION, session_id)
    current_app.extensions["realtime"].sign_out(SESSION, session_id)


def forget_token(token_id: uuid.UUID) -> None:
    current_app.extensions["known"].forget(TOKEN, token_id)
    current_app.extensions["realtime"].sign_out(TOKEN, token_id)


def forget_user(user_id: uuid.UUID) -> None:
    """What the person may do has changed: everybody asks the database again, and open sockets must come back anew."""
    current_app.extensions["known"].forget(USER, user_id)
    current_app.extensions["realtime"].sign_out(USER, user_id)


def forget_role(role: str) -> None:
    """What everybody with a role may do has changed."""
    current_app.extensions["known"].forget(ROLE, role)
    current_app.extensions["realtime"].sign_out(ROLE, role)
