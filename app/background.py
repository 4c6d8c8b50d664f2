"""Background functions: called by a worker, once the transaction that asked for it has committed.

    @background("tasks.purge", every=dt.timedelta(hours=1))
    def purge() -> None: …

    purge.enqueue()          # inside a unit of work

The row in PostgreSQL is the call (:mod:`app.outbox`); the RQ job only tells a worker to look at once.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import outbox
from app.access import SERVICE, acting_as
from app.db import Base, unit_of_work
from app.outbox import BACKGROUND, Function

log = logging.getLogger(__name__)

QUEUE = "default"


class Schedule(Base):
    """When a background function that repeats is due next."""

    __tablename__ = "core_schedule"

    function: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    next_at: Mapped[dt.datetime]


class Background:
    """A function that workers call. Keyword arguments must be JSON."""

    def __init__(self, name: str, run: Callable[..., None], *, every: dt.timedelta | None, attempts: int, needs: str | None):
        self.name = name
        self.every = every
        self.function = Function(name=name, kind=BACKGROUND, run=self._run, attempts=attempts, needs=needs)
        self._call = run
        self.__doc__ = run.__doc__

    def __call__(self, **arguments: Any) -> None:
        self._call(**arguments)

    def _run(self, payload: Mapping[str, Any]) -> None:
        self._call(**payload)

    def enqueue(self, *, run_at: dt.datetime | None = None, **arguments: Any) -> uuid.UUID:
        """Have a worker call this after the open transaction has committed, or at `run_at`; the call's id."""
        return outbox.put(self.function, arguments, run_at=run_at)


def background(name: str, *, every: dt.timedelta | None = None, attempts: int = 10, needs: str | None = None):
    """Declare a background function. ``needs`` is a permission that whoever enqueues it must have."""
    return lambda run: Background(name, run, every=every, attempts=attempts, needs=needs)


def push(connection: Any, calls: Sequence[uuid.UUID]) -> None:
    """Tell the workers, through RQ's queue, that these calls can be made."""
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    # Without a time-out of RQ's: three minutes, after which a call would be broken off and tried again for ever.
    jobs = [Queue.prepare_data("app.background.perform", args=(str(call),), timeout=-1, result_ttl=0, failure_ttl=0) for call in calls]
    queue.enqueue_many(jobs)


def perform(call: str) -> None:
    """What a worker runs: one call, by the id of its row."""
    outbox.run(uuid.UUID(call))


def tick(repeating: Sequence[Background]) -> int:
    """Enqueue what is due. However many processes tick at once, each due time is enqueued once."""
    from app.extensions import db

    ticked = 0
    for function in repeating:
        assert function.every is not None
        with acting_as(SERVICE), unit_of_work():
            row = {"function": function.name, "next_at": sa.func.now()}
            db.session.execute(insert(Schedule).values(row).on_conflict_do_nothing())
            due = sa.update(Schedule).where(Schedule.function == function.name, Schedule.next_at <= sa.func.now())
            if db.session.execute(due.values(next_at=sa.func.now() + function.every)).rowcount:  # type: ignore[attr-defined]
                function.enqueue()
                ticked += 1
    return ticked
