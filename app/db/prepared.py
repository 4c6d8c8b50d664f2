"""Statements that are built and compiled once and then only given values.

Building and compiling a SQLAlchemy statement costs more than PostgreSQL takes to run it (measured in
docs/decisions/0001-autocommit-reads-and-prepared-statements.md), so hot paths keep the text. It is still SQLAlchemy that writes it.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from app.db.pool import Pool
from app.db.wire import Statement, Wire

IDLE = psycopg.pq.TransactionStatus.IDLE
MOST_SHAPES = 1_000
"""Compiled texts kept of one statement: callers choose the filters, so their number needs a bound."""


class Prepared:
    """``build(*shape)`` returns a Core statement with ``sa.bindparam(name)`` wherever a value goes.

    A *shape* is whatever changes the text (sort order, which filters are set); each shape is compiled once.
    """

    def __init__(self, build: Callable[..., sa.Executable]):
        self._build = build
        self._texts: dict[tuple, tuple[Statement, Any, Mapping[str, Any]]] = {}

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
            if len(self._texts) >= MOST_SHAPES:
                self._texts.clear()
            found = self._texts[shape] = compile_statement(self._build(*shape))
        return found


def compile_statement(statement: sa.Executable) -> tuple[Statement, Any, Mapping[str, Any]]:
    """(SQL, class of its rows, values that the statement itself brings)."""
    from app.extensions import db

    compiled = statement.compile(dialect=db.engine.dialect, compile_kwargs={"render_postcompile": True})
    # psycopg takes lists and bytes as they are; what needs any other conversion must come converted.
    if converted := [name for name in compiled._bind_processors if not isinstance(compiled.binds[name].type, (sa.ARRAY, sa.LargeBinary))]:
        raise TypeError(f"A prepared statement passes values as they are; wrap these yourself: {sorted(converted)}")
    columns = [column.key for column in statement.exported_columns]  # type: ignore[attr-defined]
    constants = {name: value for name, value in compiled.construct_params(_check=False).items() if value is not None}
    return Statement(compiled.string), namedtuple("Row", columns, rename=True), constants


def fetch(statement: Statement, values: Mapping[str, Any]) -> list[tuple]:
    """Run one statement: in the open transaction if there is one, else by itself in autocommit."""
    from app.extensions import db

    if db.session.registry.has() and (session := db.session()).in_transaction():
        fairy = session.connection().connection
        try:
            return fairy.driver_connection.execute(statement.text, values).fetchall()
        except psycopg.Error as error:
            raise translated(error, statement, fairy) from error
    pool = db.engine.pool
    if isinstance(pool, Pool):
        return alone(pool, statement, values)
    fairy = connected(pool.connect, statement)
    try:
        return fairy.driver_connection.execute(statement.text, values).fetchall()
    except psycopg.Error as error:
        raise translated(error, statement, fairy) from error
    finally:
        fairy.close()


def alone(pool: Pool, statement: Statement, values: Mapping[str, Any]) -> list[tuple]:
    """On a connection of the pool in autocommit mode, without a cursor."""
    entry = connected(pool.borrow, statement)
    connection = entry.dbapi_connection
    try:
        wire = connection.__dict__.get("z2h_wire")
        if wire is None:
            wire = connection.__dict__["z2h_wire"] = Wire(connection)
        return wire.execute(statement, values)
    except psycopg.Error as error:
        raise translated(error, statement, entry) from error
    finally:
        if entry.dbapi_connection is connection and connection.pgconn.transaction_status != IDLE:
            # Cut off, or interrupted while the answer was on its way: nobody may read it as theirs.
            entry.invalidate()
        pool.give_back(entry)


def connected(take: Callable[[], Any], statement: Statement) -> Any:
    """A connection; a database that is away is SQLAlchemy's error here too, which the edge answers with 503."""
    try:
        return take()
    except psycopg.Error as error:
        raise translated(error, statement, None) from error


def translated(error: psycopg.Error, statement: Statement, held: Any) -> sa.exc.DBAPIError:
    """The error that SQLAlchemy would raise; a connection that is gone is given up."""
    from app.extensions import db

    dialect = db.engine.dialect
    if held is not None and dialect.is_disconnect(error, held.dbapi_connection, None):  # type: ignore[arg-type]
        held.invalidate(error)
    return sa.exc.DBAPIError.instance(statement.text, None, error, psycopg.Error, dialect=dialect, hide_parameters=True)  # type: ignore[return-value]


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
