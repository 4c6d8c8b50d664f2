"""The edge over HTTP. Stages take what they need from here."""

from app.web.blueprint import Blueprint
from app.web.fields import (
    Boolean,
    Choice,
    Cursor,
    Date,
    Email,
    Id,
    Integer,
    Limit,
    Number,
    QuerySchema,
    Schema,
    Text,
    Timestamp,
    TimeZone,
)

__all__ = [
    "Blueprint",
    "Boolean",
    "Choice",
    "Cursor",
    "Date",
    "Email",
    "Id",
    "Integer",
    "Limit",
    "Number",
    "PageQuery",
    "QuerySchema",
    "Schema",
    "Text",
    "TimeZone",
    "Timestamp",
]


class PageQuery(QuerySchema):
    """What every list can be asked; stages add their filters."""

    limit = Limit(load_default=20)
    cursor = Cursor()
