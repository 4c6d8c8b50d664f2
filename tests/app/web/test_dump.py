"""What is fast is the same as what is plain: compiled dumps, and JSON written by PostgreSQL."""

import datetime as dt
import enum
import json
import random
import uuid
from types import SimpleNamespace

import marshmallow as ma
import pytest
import sqlalchemy as sa

from app.extensions import db
from app.web import fields
from app.web.dump import compile_dump, json_rows
from app.web.json import dumps

TEXTS = ["", "a", "žluť", '\u2028"<>&\\', "x" * 50, "😀", "\n\t\r\b\f\x01\x1f\x7f", "/"]
ZONES = [dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30))]


def make(kind, rnd):
    if rnd.random() < 0.15:
        return None
    return {
        fields.Text: lambda: rnd.choice(TEXTS),
        fields.Integer: lambda: rnd.randint(-(2**31), 2**31 - 1),
        fields.Boolean: lambda: rnd.random() < 0.5,
        fields.Id: uuid.uuid4,
        fields.Timestamp: lambda: dt.datetime(rnd.randint(1, 9998), 1, 2, 3, 4, 5, rnd.choice([0, 1, 120_000]), rnd.choice(ZONES)),
        fields.Date: lambda: dt.date(rnd.randint(1, 9999), 2, 3),
    }[kind]()


KINDS = [fields.Text, fields.Integer, fields.Boolean, fields.Id, fields.Timestamp, fields.Date]


def test_compiled_dumps_of_two_thousand_random_schemas_equal_marshmallow():
    rnd = random.Random(7)
    for _ in range(2000):
        members, values = {}, {}
        for n in range(rnd.randint(1, 8)):
            kind = rnd.choice(KINDS)
            options = {"allow_none": True}
            if rnd.random() < 0.3:
                options["data_key"] = f"k-{n}"
            if rnd.random() < 0.1:
                options["load_only"] = True
            members[f"f{n}"], values[f"f{n}"] = kind(**options), make(kind, rnd)
        if rnd.random() < 0.3:
            inner = type("Inner", (ma.Schema,), {"a": fields.Text(), "at": fields.Timestamp()})
            many = rnd.random() < 0.5
            one = SimpleNamespace(a="x", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
            members["n"], values["n"] = ma.fields.Nested(inner, many=many, allow_none=True), rnd.choice([None, [one, one] if many else one])
        if rnd.random() < 0.3:
            members["l"], values["l"] = fields.Items(fields.Timestamp(), allow_none=True), [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
        schema = type("Random", (ma.Schema,), members)()
        compiled = compile_dump(schema)
        obj = SimpleNamespace(**values)
        assert json.loads(dumps(compiled(obj))) == json.loads(json.dumps(schema.dump(obj)))


class Colour(enum.Enum):
    RED = 1


class Hooked(ma.Schema):
    a = ma.fields.String()

    @ma.post_dump
    def more(self, data, **_):
        return {**data, "z": 1}


@pytest.mark.parametrize(
    "schema",
    [
        *[
            type("One", (ma.Schema,), {"x": field})()
            for field in (
                ma.fields.Decimal(as_string=True),
                ma.fields.Function(lambda o: 1),
                ma.fields.Enum(Colour),
                ma.fields.DateTime(format="rfc"),
                ma.fields.Integer(as_string=True),
                ma.fields.Nested("self"),
                ma.fields.String(dump_default="x"),
            )
        ],
        Hooked(),
    ],
    ids=lambda schema: f"{type(schema).__name__}-{'-'.join(type(f).__name__ for f in schema.fields.values())}",
)
def test_what_only_marshmallow_knows_is_left_to_marshmallow(schema):
    assert compile_dump(schema) is None


class RowSchema(ma.Schema):
    id = fields.Id()
    text = fields.Text()
    number = fields.Integer()
    flag = fields.Boolean()
    at = fields.Timestamp()
    day = fields.Date()
    tags = fields.Items(fields.Text())


def test_postgresql_writes_the_same_bytes(app):
    table = sa.table(
        "sample",
        sa.column("id", sa.Uuid()),
        sa.column("text", sa.Text()),
        sa.column("number", sa.BigInteger()),
        sa.column("flag", sa.Boolean()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("day", sa.Date()),
        sa.column("tags", sa.ARRAY(sa.String())),
    )
    rnd = random.Random(11)
    db.session.execute(
        sa.text("create temporary table sample (id uuid, text text, number bigint, flag boolean, at timestamptz, day date, tags varchar[])")
    )
    for _ in range(300):
        row = {
            "id": make(fields.Id, rnd),
            "text": make(fields.Text, rnd),
            "number": make(fields.Integer, rnd),
            "flag": make(fields.Boolean, rnd),
            "at": make(fields.Timestamp, rnd),
            "day": make(fields.Date, rnd),
            "tags": rnd.choice([None, [], ["a"], TEXTS]),
        }
        db.session.execute(sa.insert(table).values(row))
    columns = list(table.c)
    schema, compiled = RowSchema(), compile_dump(RowSchema())
    plain = db.session.execute(sa.select(*columns)).all()
    written = db.session.execute(json_rows(sa.select(*columns), schema, [])).scalars().all()
    assert len(written) == 300
    assert [text.encode() for text in written] == [dumps(compiled(row)) for row in plain]


def test_a_list_that_postgresql_could_write_differently_is_not_left_to_it(app):
    schema = type("Numbers", (ma.Schema,), {"x": fields.Number()})()
    assert json_rows(sa.select(sa.column("x", sa.Float())), schema, []) is None
