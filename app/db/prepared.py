"""Statements that are built and compiled once and then only given values.

Building and compiling a SQLAlchemy statement costs more than PostgreSQL takes to run it (measured in
docs/decisions/0001-autocommit-reads-and-prepared-statements.md), so hot paths keep the text. It is still SQLAlchemy that writes it.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa


class Prepared:
    """``build(*shape)`` returns a Core statement with ``sa.bindparam(name)`` wherever a value goes.

    A *shape* is whatever changes the text (sort order, which filters are set); each shape is compiled once.
    """

    def __init__(self, build: Callable[..., sa.Executable]):
        self._build = build
        self._texts: dict[tuple, tuple[str, Any, Mapping[str, Any]]] = {}

    def rows(self, *shape, **values) -> Sequence[Any]:
        """Named tuples, one per row."""
        text, row_class, constants = self._text(shape)
        return [row_class._make(row) for row in fetch(text, {**constants, **values})]

    def one(self, *shape, **values) -> Any | None:
        """The first row as a named tuple, or None."""
        text, row_class, constants = self._text(shape)
        rows = fetch(text, {**constants, **values})
        return row_class._make(rows[0]) if rows else None

    def tuples(self, *shape, **values) -> Sequence[tuple]:
        text, _, constants = self._text(shape)
        return fetch(text, {**constants, **values})

    def _text(self, shape):
        found = self._texts.get(shape)
        if found is None:
            found = self._texts[shape] = compile_statement(self._build(*shape))
        return found


def compile_statement(statement: sa.Executable) -> tuple[str, Any, Mapping[str, Any]]:
    """(SQL text, class of its rows, values that the statement itself brings)."""
    from app.extensions import db

    compiled = statement.compile(dialect=db.engine.dialect, compile_kwargs={"render_postcompile": True})
    # psycopg takes lists and bytes as they are; what needs any other conversion must come converted.
    if converted := [name for name in compiled._bind_processors if not isinstance(compiled.binds[name].type, (sa.ARRAY, sa.LargeBinary))]:
        raise TypeError(f"A prepared statement passes values as they are; wrap these yourself: {sorted(converted)}")
    columns = [column.key for column in statement.exported_columns]  # type: ignore[attr-defined]
    constants = {name: value for name, value in compiled.construct_params(_check=False).items() if value is not None}
    return compiled.string, namedtuple("Row", columns, rename=True), constants


def fetch(text: str, values: Mapping[str, Any]) -> list[tuple]:
    """Run one statement: in the open transaction if there is one, else by itself in autocommit."""
    from app.extensions import db

    if db.session.registry.has() and (session := db.session()).in_transaction():
        return execute(session.connection().connection, text, values)
    fairy = db.engine.pool.connect()
    try:
        return execute(fairy, text, values)
    finally:
        fairy.close()


def execute(fairy, text: str, values: Mapping[str, Any]) -> list[tuple]:
    from app.extensions import db

    try:
        return fairy.driver_connection.execute(text, values).fetchall()
    except db.engine.dialect.loaded_dbapi.Error as error:
        # Once PostgreSQL is gone, so are all of the pool's connections.
        if db.engine.dialect.is_disconnect(error, fairy.driver_connection, None):
            fairy.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            text, None, error, db.engine.dialect.loaded_dbapi.Error, dialect=db.engine.dialect, hide_parameters=True
        ) from error


def write(statement: Prepared, *shape, events: Sequence = (), **values) -> Any | None:
    """Run one writing statement together with the events that it causes; its row, or None when it changed nothing.

    Inside a transaction it joins. When it is all that the unit of work does, and nobody listens to the
    events, the statement is its own transaction and takes one round trip instead of three.
    """
    from app.events import emit, listened
    from app.extensions import db

    if any(listened(event) for event in events):
        db.session.connection()
    row = statement.one(*shape, **values)
    if row is not None:
        for event in events:
            emit(event)
    return row
