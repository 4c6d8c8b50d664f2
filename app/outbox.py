"""Calls that must happen once a change is safe: rows written in the same transaction as the change.

A call can neither be lost nor be made for a change that rolled back. Whoever runs it deletes its row in the
transaction of the call's own writes, so its effect on the database happens exactly once; effects elsewhere
happen at least once. Each attempt is counted before it begins: a call that kills its process is not made for ever.
"""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.access import NOBODY, SERVICE, Actor, acting_as, me, somebody
from app.db import Base, Identified, Prepared, after_commit, bind, unit_of_work
from app.observe import current_request_id, use_request_id

log = logging.getLogger(__name__)

LISTENER, BACKGROUND = "listener", "background"
WAITING, DEAD = "waiting", "dead"


class Call(Identified, Base):
    """One call of a function that is declared in a stage's manifest."""

    __tablename__ = "core_call"
    __table_args__ = (
        sa.Index("ix_core_call_due", "kind", "run_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.CheckConstraint("state in ('waiting', 'dead')", name="state"),
    )

    kind: Mapped[str] = mapped_column(sa.String(20))
    function: Mapped[str] = mapped_column(sa.String(200))
    payload: Mapped[dict] = mapped_column(JSONB)
    actor: Mapped[dict | None] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[str] = mapped_column(sa.String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    run_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


@dataclass(frozen=True)
class Function:
    """Something that can be called by name, and how hard to try."""

    name: str
    kind: str
    run: Callable[[Mapping[str, Any]], None]
    attempts: int = 10
    needs: str | None = None


class Functions(dict[str, Function]):
    """Every function that the stages which are on have declared."""

    def add(self, function: Function) -> None:
        if function.name in self:
            raise ValueError(f"Two functions are called {function.name}.")
        self[function.name] = function


def functions() -> Functions:
    return current_app.extensions["functions"]


def put(function: Function, payload: Mapping[str, Any], *, run_at: dt.datetime | None = None) -> uuid.UUID:
    """Write a call into the open transaction. Its payload must be JSON. Raises Unauthorized or MissingPermission."""
    from app.extensions import db

    if function.needs is not None:
        me().require(function.needs)
    call = Call(
        kind=function.kind,
        function=function.name,
        payload=dict(payload),
        actor=describe(somebody()),
        request_id=current_request_id(),
        **({"run_at": run_at} if run_at else {}),
    )
    db.session.add(call)
    db.session.flush()
    if run_at is None:
        relay = current_app.extensions["relay"]
        after_commit(lambda: relay.wake(call.kind, call.id))
    return call.id


def run(call_id: uuid.UUID) -> bool:
    """Make the call, unless it was made already or somebody is at it. Returns whether it was made.

    A call that fails is tried again later, and set aside as dead after its last attempt.
    """
    # Whoever counts it has the time of the pause to begin; the row's lock then keeps others away for as long as it takes.
    begun = BEGIN.one(id=call_id, functions=list(functions()))
    if begun is None:
        return False
    function, attempt = functions()[begun.function], begun.attempts
    if attempt > function.attempts:
        failed(call_id, attempt, ProcessDied())
        return False
    try:
        with unit_of_work():
            call = claim(call_id, attempt)
            if call is None:
                return False
            with use_request_id(call.request_id), acting_as(revive(call.actor)) as actor:
                if function.needs is not None:
                    actor.require(function.needs)
                function.run(call.payload)
            drop(call_id)
            return True
    except Exception as error:
        failed(call_id, attempt, error)
        return False


class ProcessDied(Exception):
    """The last attempt ended with its process: memory, a signal, the machine."""


LONGEST_PAUSE = 3_600


def begin() -> sa.Update:
    """Count an attempt at a call that is due and that nobody is at. Due again after a pause, should this process die."""
    due_call = sa.select(Call.id).where(
        Call.id == bind("id", Call.id),
        Call.state == WAITING,
        Call.run_at <= sa.func.now(),
        Call.function == sa.any_(sa.bindparam("functions", type_=ARRAY(sa.Text()), required=False)),
    )
    pause = sa.func.least(sa.func.power(2, Call.attempts + 1), LONGEST_PAUSE) * sa.text("interval '1 second'")
    return (
        sa.update(Call)
        .where(Call.id == due_call.with_for_update(skip_locked=True).scalar_subquery())
        .values(attempts=Call.attempts + 1, run_at=sa.func.clock_timestamp() + pause)
        .returning(Call.function, Call.attempts)
    )


BEGIN = Prepared(begin)


def claim(call_id: uuid.UUID, attempt: int) -> Call | None:
    """The call, locked; None when another process has begun the next attempt."""
    from app.extensions import db

    wanted = sa.select(Call).where(Call.id == call_id, Call.state == WAITING, Call.attempts == attempt)
    return db.session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()


def drop(call_id: uuid.UUID) -> None:
    from app.extensions import db

    db.session.execute(sa.delete(Call).where(Call.id == call_id).execution_options(synchronize_session=False))


def failed(call_id: uuid.UUID, attempt: int, error: Exception) -> None:
    """The pause before the next attempt doubles from two seconds up to an hour."""
    from app.extensions import db

    with unit_of_work():
        wanted = sa.select(Call).where(Call.id == call_id, Call.attempts == attempt).with_for_update()
        call = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
        if call is None:
            return  # our connection was lost, and with it the lock: another process is at it
        allowed = functions()[call.function].attempts
        call.attempts = min(attempt, allowed)
        call.error = type(error).__name__
        call.run_at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=min(2**attempt, LONGEST_PAUSE))
        with use_request_id(call.request_id):
            log.error("call of %s failed, attempt %d", call.function, call.attempts, exc_info=error)
            if attempt >= allowed:
                call.state = DEAD
                log.critical("call of %s is dead after %d attempts", call.function, call.attempts)


def due(kinds: tuple[str, ...], *, late: float = 0.0, limit: int = 100) -> list[uuid.UUID]:
    """Calls that should have been made `late` seconds ago and that nobody is making."""
    from app.extensions import db

    moment = sa.func.now() - dt.timedelta(seconds=late)
    wanted = (
        sa.select(Call.id)
        .where(Call.state == WAITING, Call.kind.in_(kinds), Call.run_at <= moment, Call.function.in_(list(functions())))
        .order_by(Call.run_at)
        .limit(limit)
    )
    with unit_of_work():
        return list(db.session.scalars(wanted.with_for_update(skip_locked=True)))


def describe(actor: Actor | None) -> dict[str, Any] | None:
    """None for the service itself. Nobody (a public route without a token) is somebody who may do nothing."""
    if actor == SERVICE:
        return None
    actor = actor or NOBODY
    return {
        "user_id": str(actor.user_id) if actor.user_id else None,
        "roles": list(actor.roles),
        "permissions": sorted(actor.permissions),
        "everything": actor.everything,
        **({"impersonator_id": str(actor.impersonator_id)} if actor.impersonator_id else {}),
    }


def revive(described: dict[str, Any] | None) -> Actor:
    """The actor as they were when the call was written: a token's scopes hold for what it set going."""
    if described is None:
        return SERVICE
    return Actor(
        user_id=uuid.UUID(described["user_id"]) if described["user_id"] else None,
        roles=tuple(described["roles"]),
        permissions=frozenset(described["permissions"]),
        everything=described["everything"],
        impersonator_id=uuid.UUID(described["impersonator_id"]) if "impersonator_id" in described else None,
    )


def plain(event: Any) -> dict[str, Any]:
    """A frozen dataclass as JSON: UUIDs and times as text."""
    return {field.name: to_json(getattr(event, field.name)) for field in dataclasses.fields(event)}


def to_json(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value
