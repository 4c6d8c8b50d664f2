"""A prepared statement straight through libpq, for reads and single-statement writes in autocommit mode.

The pieces are psycopg's own (its connection, its type adaptation, its waiting); what is left out is the cursor, which
plans, counts and describes every execution anew: half of what a small query costs us (docs/decisions/0005-speed.md).
tests/app/db/test_wire.py shows that rows and errors are the cursor's.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors, generators, pq, waiting
from psycopg.adapt import PyFormat, Transformer

MOST_PREPARED = 300
"""Statements kept prepared on one connection; past that, all of them are let go."""

STALE = {"26000", "0A000"}
"""invalid_sql_statement_name, and "cached plan must not change result type": prepare anew."""

SIGNALS = 0.1
"""Seconds after which a waiting thread looks whether it was interrupted."""

_placeholder = re.compile(r"%\((\w+)\)s|%(%)")


@dataclass(frozen=True, eq=False)
class Statement:
    """SQL with `%(name)s` placeholders, and the same as libpq wants it."""

    text: str
    numbered: bytes = field(init=False)
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names: dict[str, int] = {}

        def number(found: re.Match[str]) -> str:
            return "%" if found[2] else f"${names.setdefault(found[1], len(names) + 1)}"

        object.__setattr__(self, "numbered", _placeholder.sub(number, self.text).encode())
        object.__setattr__(self, "names", tuple(names))


def of_text(value: str) -> bytes:
    raw = value.encode()
    if b"\0" in raw:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return raw


DUMPERS: dict[type, Callable[[Any], bytes]] = {
    str: of_text,
    uuid.UUID: lambda value: b"%032x" % value.int,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"t" if value else b"f",
}
"""The text form of the commonest types; psycopg's adapters know the others."""


class Wire:
    """One psycopg connection and what is prepared on it."""

    def __init__(self, connection: psycopg.Connection[Any]):
        self.connection = connection
        self._pgconn = connection.pgconn
        self._transformer = Transformer(connection)
        self._prepared: dict[Statement, bytes] = {}

    def execute(self, statement: Statement, values: Mapping[str, Any]) -> list[tuple]:
        """The rows, as tuples. Raises psycopg.Error like a cursor."""
        try:
            return self._execute(statement, values)
        except psycopg.Error as error:
            if error.sqlstate not in STALE or statement not in self._prepared:
                raise
            self._forget()
            return self._execute(statement, values)

    def _execute(self, statement: Statement, values: Mapping[str, Any]) -> list[tuple]:
        name = self._prepared.get(statement) or self._prepare(statement)
        self._pgconn.send_query_prepared(name, [self._dump(values[name]) for name in statement.names])
        result = self._result()
        if result.status != pq.ExecStatus.TUPLES_OK:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _dump(self, value: Any) -> bytes | None:
        if value is None:
            return None
        dumper = DUMPERS.get(type(value))
        if dumper is not None:
            return dumper(value)
        return self._transformer.dump_sequence([value], [PyFormat.TEXT])[0]  # type: ignore[return-value]

    def _prepare(self, statement: Statement) -> bytes:
        if len(self._prepared) >= MOST_PREPARED:
            self._forget()
        name = b"z2h_%d" % len(self._prepared)
        self._pgconn.send_prepare(name, statement.numbered)
        self._result()
        self._prepared[statement] = name
        return name

    def _forget(self) -> None:
        # Through the cursor, so that psycopg forgets those it has prepared itself.
        self._prepared.clear()
        self.connection.execute("deallocate all")

    def _result(self) -> Any:
        result = waiting.wait(generators.execute(self._pgconn), self._pgconn.socket, SIGNALS)[-1]
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, encoding="utf-8")
        return result
