"""How stages talk: an event is a frozen dataclass, heard by name, after the commit.

``emit`` writes one outbox row for each listener in the transaction of the change (:mod:`app.outbox`).
"""

import datetime as dt
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import current_app

from app import outbox
from app.outbox import LISTENER, Function


@dataclass(frozen=True, slots=True)
class Event:
    """A fact. Subclasses are frozen dataclasses of UUIDs, text, numbers, booleans and times."""

    name: ClassVar[str]


Listener = Callable[[Any], None]


def emit(event: Event) -> None:
    """Announce a fact. Nobody hears it unless the transaction commits."""
    for function in listeners(event.name):
        outbox.put(function, outbox.plain(event))


def listened(event: Event) -> bool:
    return bool(listeners(event.name))


def listeners(name: str) -> list[Function]:
    return current_app.extensions["listeners"].get(name, [])


def as_function(event_class: type[Event] | None, event_name: str, stage: str, listener: Listener) -> Function:
    """A listener as something the outbox can call. Without the event's class (its stage is off) nobody emits it."""

    def run(payload: Mapping[str, Any]) -> None:
        if event_class is None:
            raise LookupError(f"The stage that emits {event_name} is off.")
        listener(restore(event_class, payload))

    return Function(name=f"{event_name} > {stage}.{listener.__qualname__}", kind=LISTENER, run=run)


def restore(event_class: type[Event], payload: Mapping[str, Any]) -> Event:
    """The event that :func:`app.outbox.plain` wrote down."""
    hints = typing.get_type_hints(event_class)
    return event_class(**{name: from_json(hints[name], value) for name, value in payload.items()})


def from_json(hint: Any, value: Any) -> Any:
    """A value as the field's type wants it: UUIDs and times were written as text."""
    if value is None:
        return None
    kinds = typing.get_args(hint) or (hint,)
    if uuid.UUID in kinds:
        return uuid.UUID(value)
    if dt.datetime in kinds:
        return dt.datetime.fromisoformat(value)
    return value
