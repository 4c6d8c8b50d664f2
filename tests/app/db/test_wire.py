"""Statements straight through libpq give the rows and the errors that a cursor gives."""

import datetime as dt
import decimal
import threading
import uuid

import psycopg
import pytest
import sqlalchemy as sa

from app.db import Prepared, wire
from app.db.wire import Statement, Wire

UTC = dt.UTC
WHEN = dt.datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

VALUES = [
    ("text", "plain"),
    ("text", ""),
    ("text", "ünï 🎈 'quoted' \\ back\nline %s %(a)s $1"),
    ("uuid", uuid.UUID("0190b5a0-1111-7222-8333-444455556666")),
    ("integer", -2_147_483_648),
    ("bigint", 9_223_372_036_854_775_807),
    ("boolean", True),
    ("boolean", False),
    ("timestamptz", WHEN),
    ("timestamptz", WHEN.astimezone(dt.timezone(dt.timedelta(hours=-9, minutes=-30)))),
    ("date", dt.date(2026, 2, 28)),
    ("numeric", decimal.Decimal("12345678901234567890.123456789")),
    ("double precision", 0.1),
    ("bytea", b"\x00\xff'\\"),
    ("text[]", []),
    ("text[]", ["a", 'b"c', "NULL", "{,}", "ü\\"]),
    ("uuid[]", [uuid.UUID(int=7)]),
    ("jsonb", '{"a": [1, null]}'),
    ("text", None),
    ("uuid", None),
]


@pytest.fixture
def connection(database):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True, options="-c timezone=UTC") as found:
        yield found


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_comes_back_as_from_a_cursor(connection, kind, value):
    text = f"select %(value)s::{kind} as one, 100 %% 7 as two, %(value)s::{kind} as again"
    direct = Wire(connection)
    for _ in range(2):
        assert direct.execute(Statement(text), {"value": value}) == connection.execute(text, {"value": value}).fetchall()


def test_many_rows_and_none(connection):
    text = "select g, g::text, now() - make_interval(days => g) from generate_series(1, %(n)s::int) g"
    direct = Wire(connection)
    rows = direct.execute(Statement(text), {"n": 500})
    assert [row[:2] for row in rows] == [(n, str(n)) for n in range(1, 501)]
    assert direct.execute(Statement(text), {"n": 0}) == []


def test_a_statement_without_rows_answers_nothing(connection):
    direct = Wire(connection)
    direct.execute(Statement("create temp table t (n int)"), {})
    assert direct.execute(Statement("insert into t values (%(n)s)"), {"n": 4}) == []
    assert direct.execute(Statement("insert into t values (%(n)s) returning n"), {"n": 5}) == [(5,)]
    assert connection.execute("select n from t order by n").fetchall() == [(4,), (5,)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("select 1 / %(n)s::int", {"n": 0}),
        ("select %(n)s::int", {"n": 2**40}),
        ("select * from no_such_table", {}),
        ("selec 1", {}),
        ("select %(t)s::text", {"t": "a\0b"}),
        ("select %(t)s::uuid", {"t": "nonsense"}),
    ],
)
def test_an_error_is_the_cursors_and_the_connection_goes_on(connection, text, values):
    direct = Wire(connection)
    with pytest.raises(psycopg.Error) as ours:
        direct.execute(Statement(text), values)
    with pytest.raises(psycopg.Error) as theirs:
        connection.execute(text, values)
    assert (type(ours.value), ours.value.sqlstate) == (type(theirs.value), theirs.value.sqlstate)
    assert direct.execute(Statement("select 1"), {}) == [(1,)]


def test_a_changed_table_is_planned_anew(connection):
    direct, text = Wire(connection), Statement("select * from t")
    connection.execute("create temp table t as select 1 as a")
    assert direct.execute(text, {}) == [(1,)]
    connection.execute("alter table t add b text default 'x'")
    assert direct.execute(text, {}) == [(1, "x")]


def test_statements_that_somebody_let_go_are_prepared_again(connection):
    direct, text = Wire(connection), Statement("select %(a)s::int")
    assert direct.execute(text, {"a": 1}) == [(1,)]
    connection.execute("deallocate all")
    assert direct.execute(text, {"a": 2}) == [(2,)]


def test_a_connection_keeps_a_bounded_number_of_statements(connection, monkeypatch):
    monkeypatch.setattr(wire, "MOST_PREPARED", 10)
    direct = Wire(connection)
    for n in range(35):
        assert direct.execute(Statement(f"select {n}"), {}) == [(n,)]
    assert connection.execute("select count(*) from pg_prepared_statements").fetchone()[0] <= 10


def test_a_prepared_statement_is_the_same_inside_and_outside_of_a_transaction(real):
    from app.db import unit_of_work

    rows = Prepared(lambda: sa.select(sa.bindparam("a", type_=sa.Uuid()).label("a"), sa.func.current_setting("timezone").label("zone")))
    a = uuid.uuid4()
    with real.app_context():
        outside = rows.one(a=a)
        with unit_of_work():
            from app.extensions import db

            db.session.execute(sa.text("select 1"))
            assert db.session().in_transaction()
            inside = rows.one(a=a)
    assert tuple(outside) == tuple(inside) == (a, "UTC")


def test_a_connection_that_was_cut_is_replaced(real):
    pid = Prepared(lambda: sa.select(sa.func.pg_backend_pid().label("pid")))
    with real.app_context():
        from app.extensions import db

        first = pid.one().pid
        with psycopg.connect(real.config["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [first])
        with pytest.raises(sa.exc.OperationalError):
            pid.one()
        assert pid.one().pid != first
        assert db.engine.pool.checkedout() == 0


def test_one_connection_serves_one_thread_at_a_time(real):
    slow = Prepared(lambda: sa.select(sa.bindparam("n", type_=sa.Integer()).label("n"), sa.func.pg_sleep(0.01)))
    wrong = []

    def ask(first):
        with real.app_context():
            wrong.extend(n for n in range(first, first + 10) if slow.one(n=n).n != n)

    threads = [threading.Thread(target=ask, args=[n * 100]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []
