"""Optimistic locking: the check of a version and the write are one atomic step.

The edge says what it expects (`If-Match`), the verb takes the row with :func:`take`, which locks it and
compares. flask-smorest's own check reads, compares and writes apart: two of four concurrent updates win.
"""

from contextvars import ContextVar
from typing import Any, TypeVar

import sqlalchemy as sa

from app.errors import PreconditionFailed

M = TypeVar("M")


class Precondition:
    """The versions that a client will accept; ``None`` accepts any (`If-Match: *`)."""

    __slots__ = ("checked", "versions")

    def __init__(self, versions: frozenset[str] | None):
        self.versions = versions
        self.checked = False


_precondition: ContextVar[Precondition | None] = ContextVar("precondition", default=None)


def expect(precondition: Precondition | None) -> Any:
    """The edge announces what it expects; returns the token that takes it back."""
    return _precondition.set(precondition)


def forget(token: Any) -> None:
    _precondition.reset(token)


def take(statement: sa.Select[tuple[M]]) -> M | None:
    """The one row of `statement`, locked until the unit of work ends and checked against the precondition.

    Raises PreconditionFailed when the row's version is not the expected one.
    """
    from app.extensions import db

    row = db.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is not None:
        check_version(row)
    return row


def check_version(row: Any) -> None:
    """Compare a locked row with what the client expects; only the first row that is taken is the one it means."""
    precondition = _precondition.get()
    if precondition is None or precondition.checked:
        return
    precondition.checked = True
    if precondition.versions is not None and str(row.version) not in precondition.versions:
        raise PreconditionFailed(headers={"ETag": f'"{row.version}"'})
