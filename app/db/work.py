"""The unit of work: the edge opens it, everything below joins it, the edge commits.

Requests, socket events, background functions and commands are edges.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Work:
    """What the open unit of work will do when it ends."""

    __slots__ = ("after", "before", "precondition")

    def __init__(self):
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []
        self.precondition = None


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """Commit when the block ends, roll back when it raises, then do what waited for the commit.

    Joins the unit of work that is open already, if there is one.
    """
    from app.extensions import db

    if (open_work := _work.get()) is not None:
        yield open_work
        return
    if db.session.registry.has():
        # What was read so far was read in autocommit; give that connection back before the transaction begins.
        db.session.commit()
    work = Work()
    token = _work.set(work)
    try:
        yield work
        for action in work.before:
            action()
        if db.session.registry.has():
            db.session.commit()
    except BaseException:
        if db.session.registry.has():
            db.session.rollback()
        raise
    finally:
        _work.reset(token)
    for action in work.after:
        action()


def current_work() -> Work | None:
    return _work.get()


def before_commit(action: Callable[[], None]) -> None:
    """Run `action` inside the transaction, last: for rows that gather what the whole unit of work did."""
    required().before.append(action)


def after_commit(action: Callable[[], None]) -> None:
    """Run `action` once the change is safe. It must be quick, must not fail, and may be lost in a crash."""
    required().after.append(action)


def required() -> Work:
    work = _work.get()
    if work is None:
        raise RuntimeError("This needs an open unit of work: let the edge open one.")
    return work
