"""One page of a list as JSON bytes. Where it is provably the same, PostgreSQL writes the items itself."""

from collections.abc import Callable
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import request

from app.db.search import Listing
from app.web import cursors
from app.web.dump import json_rows
from app.web.json import dumps

DEFAULT_LIMIT = 20


def body_of(listing: Listing, schema: ma.Schema, dump: Callable[[Any], Any], name: str) -> bytes:
    """`{"items": […], "next_cursor": …}` for the page that the query string asks for."""
    place = f"{name}:{listing.sort}"
    limit, after = asked_for(listing, place)
    kind, wrap = form(listing, schema)
    rows, keys = listing.page(kind, wrap, limit=limit, after=after)
    cursor = dumps(cursors.encode(place, keys)) if keys else b"null"
    if kind == "tuples":
        items = dumps([dump(row) for row in named(listing, rows)])
    else:
        items = b"[" + ",".join([row[0] for row in rows]).encode() + b"]"
    return b'{"items":' + items + b',"next_cursor":' + cursor + b"}"


def asked_for(listing: Listing, place: str) -> tuple[int, list[str] | None]:
    """`limit` and the keys in `cursor`, which PageQuery has validated."""
    if not request.environ.get("QUERY_STRING"):
        return DEFAULT_LIMIT, None
    cursor = request.args.get("cursor")
    keys = 2 if listing.sort.removeprefix("-") else 1
    return int(request.args.get("limit", DEFAULT_LIMIT)), cursors.decode(place, cursor, keys) if cursor else None


def form(listing: Listing, schema: ma.Schema) -> tuple[Any, Callable]:
    """How the rows of this list are fetched for this schema: as JSON text if possible, else as columns."""
    found = listing.search.forms.get(schema)
    if found is None:
        found = listing.search.forms[schema] = choose_form(listing, schema)
    return found


def choose_form(listing: Listing, schema: ma.Schema) -> tuple[Any, Callable]:
    def as_json(select: sa.Select, keys: list) -> sa.Select:
        return json_rows(select, schema, keys)

    def as_columns(select: sa.Select, keys: list) -> sa.Select:
        return select.add_columns(*keys)

    select, keys = listing.search.select(listing.shape(after=False, limited=True))
    return ("tuples", as_columns) if json_rows(select, schema, keys) is None else (("json", schema), as_json)


def named(listing: Listing, rows) -> list[Any]:
    from collections import namedtuple

    names = [column.key for column in listing.search.columns]
    row_class = namedtuple("Row", names)
    return [row_class._make(row[: len(names)]) for row in rows]
