"""What a channel is given and what it says."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from app.http import Reply


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, in words. ``delivery_id`` stays the same when it is sent again; ``link`` is absolute."""

    delivery_id: uuid.UUID
    notification_id: uuid.UUID
    account_id: uuid.UUID
    kind: str
    title: str
    body: str
    link: str | None
    count: int
    sequence: int
    data: Mapping[str, Any]
    at: dt.datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent``, ``later`` (try again, not before ``after`` seconds), ``gone`` (the target is no more) or ``failed``."""

    outcome: str
    detail: str = ""
    after: float = 0.0


class Channel(Protocol):
    def targets(self, account_id: uuid.UUID) -> Sequence[str]:
        """Where this person can be reached: ids that mean something to the channel alone."""
        ...

    def deliver(self, message: Message, recipient: str) -> Outcome:
        """Tell them, at least once. Runs in a worker, inside a unit of work."""
        ...


LONGEST_WAIT = 86_400.0


def retry_after(reply: Reply) -> float:
    """Seconds that the other side asks us to wait (RFC 9110, section 10.2.3), at most a day."""
    value = reply.headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if value.isdigit() else (parsedate_to_datetime(value) - dt.datetime.now(dt.UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)
