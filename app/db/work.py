"""The unit of work: the edge opens it, everything below joins it, the edge commits.

Requests, socket events, background functions and commands are edges.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any


class Work:
    """What the open unit of work will do when it ends."""

    __slots__ = ("after", "before", "precondition")

    def __init__(self):
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []
        self.precondition = None


_work: ContextVar[Work | None] = ContextVar("work", default=None)


class unit_of_work:  # used like a function
    """Commit when the block ends, roll back when it raises, then do what waited for the commit.

    Joins the unit of work that is open already, if there is one.
    """

    __slots__ = ("_token", "_work")

    def __enter__(self) -> Work:
        self._token = None
        if (open_work := _work.get()) is not None:
            return open_work
        from app.extensions import db

        if db.session.registry.has():
            # What was read so far was read in autocommit; give that connection back before the transaction begins.
            db.session.commit()
        self._work = Work()
        self._token = _work.set(self._work)
        return self._work

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if self._token is None:
            return
        try:
            self._end(failed=kind is not None)
        finally:
            _work.reset(self._token)
        if kind is None:
            for action in self._work.after:
                action()

    def _end(self, *, failed: bool) -> None:
        from app.extensions import db

        try:
            if not failed:
                for action in self._work.before:
                    action()
                if db.session.registry.has():
                    db.session.commit()
        except BaseException:
            failed = True
            raise
        finally:
            if failed and db.session.registry.has():
                db.session.rollback()


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
