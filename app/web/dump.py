"""marshmallow dumps as plain functions, and as JSON that PostgreSQL writes.

marshmallow walks the schema for every object; here the walk happens once and leaves a function. Where the
result could differ from `schema.dump` in any way, there is no function and the schema itself dumps
(tests/app/web/test_dump.py compares them over thousands of random schemas and rows).
"""

from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma
import sqlalchemy as sa

from app.web import fields
from app.web.json import timestamp

PASSED_ON: frozenset[type] = frozenset(
    {ma.fields.String, ma.fields.Integer, ma.fields.Boolean, ma.fields.UUID, ma.fields.Email, ma.fields.Url}
    | {fields.Text, fields.Integer, fields.Boolean, fields.Id, fields.Choice, fields.Email, fields.TimeZone, fields.Cursor, fields.Limit}
)
"""Fields whose value is written as it is."""

TIMES: frozenset[type] = frozenset({fields.Timestamp})
DATES: frozenset[type] = frozenset({fields.Date})
LISTS: frozenset[type] = frozenset({ma.fields.List, fields.Items})


class CannotCompile(Exception):
    """This schema does something that only marshmallow knows."""


def compile_dump(schema: ma.Schema) -> Callable[[Any], dict[str, Any]] | None:
    """``function(obj) -> dict`` equal to ``schema.dump(obj)`` once both are JSON, or None where that cannot be shown.

    Objects give their values as attributes; the function raises AttributeError where one is missing
    (marshmallow would leave the member out).
    """
    try:
        return _function(schema)
    except CannotCompile:
        return None


def _function(schema: ma.Schema) -> Callable[[Any], dict[str, Any]]:
    if any(schema._hooks.get(hook) for hook in ("pre_dump", "post_dump")):
        raise CannotCompile
    if type(schema).get_attribute is not ma.Schema.get_attribute:
        raise CannotCompile
    names: dict[str, Any] = {"timestamp": timestamp}
    members = []
    for name, field in schema.dump_fields.items():
        attribute = field.attribute or name
        if field.dump_default is not ma.missing or not attribute.isidentifier():
            raise CannotCompile
        key = field.data_key if field.data_key is not None else name
        members.append(f"{key!r}: {_expression(field, f'o.{attribute}', names, 0)}")
    # The source is made of the schema's own names only.
    exec(f"def dump(o): return {{{', '.join(members)}}}", names)
    return names["dump"]


def _expression(field: ma.fields.Field, value: str, names: dict[str, Any], depth: int) -> str:
    kind = type(field)
    if getattr(field, "as_string", False):
        raise CannotCompile
    if kind in PASSED_ON:
        return value
    if kind in TIMES:
        return f"(timestamp(t) if (t := {value}) is not None else None)"
    if kind in DATES:
        return f"(t.isoformat() if (t := {value}) is not None else None)"
    if isinstance(field, ma.fields.Nested) and kind is ma.fields.Nested and not isinstance(field.nested, str):
        inner = f"nested{len(names)}"
        names[inner] = _function(field.schema)
        if field.many or field.schema.many:
            return f"([{inner}(x) for x in {value}] if {value} is not None else None)"
        return f"({inner}({value}) if {value} is not None else None)"
    if kind in LISTS:
        item = f"x{depth}"
        inner = _expression(field.inner, item, names, depth + 1)  # type: ignore[attr-defined]
        if inner == item:
            return value
        return f"([{inner} for {item} in {value}] if {value} is not None else None)"
    raise CannotCompile


def json_rows(select: sa.Select, schema: ma.Schema, keys: Sequence[sa.ColumnElement]) -> sa.Select | None:
    """A statement that gives one JSON text per row of `select`, then `keys`; None where it could differ from the dump.

    `row_to_json` writes compact JSON with the same escapes as ours; only times need their form spelled out.
    """
    if compile_dump(schema) is None:
        return None
    columns = {column.key: column for column in select.selected_columns}
    members = []
    for name, field in schema.dump_fields.items():
        column = columns.get(field.attribute or name)
        written = None if column is None else _as_json(field, column)
        if written is None:
            return None
        members.append(written.label(field.data_key or name))
    inner = select.with_only_columns(*members, *keys, maintain_column_froms=True).subquery("page")
    row = sa.select(*[inner.c[i] for i in range(len(members))]).correlate(inner).subquery("r")
    body = sa.select(sa.func.row_to_json(sa.literal_column("r")).cast(sa.Text())).select_from(row).scalar_subquery()
    return sa.select(body.label("body"), *[inner.c[len(members) + i] for i in range(len(keys))]).select_from(inner)


UTC_FORM = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'


def _as_json(field: ma.fields.Field, column: Any) -> Any | None:
    kind, held = type(field), column.type
    if kind in TIMES and isinstance(held, sa.DateTime):
        return sa.func.to_char(sa.func.timezone("UTC", column), UTC_FORM)
    if kind in DATES and isinstance(held, sa.Date):
        return sa.cast(column, sa.Text())
    if kind in PASSED_ON and isinstance(held, (sa.String, sa.Uuid, sa.Integer, sa.Boolean)):
        return column
    if kind in LISTS and isinstance(held, sa.ARRAY) and type(field.inner) in PASSED_ON and isinstance(held.item_type, sa.String):  # type: ignore[attr-defined]
        return column
    return None
