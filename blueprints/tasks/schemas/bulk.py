"""Many tasks at once, on the wire.

All or nothing, every item must be right, or the request is refused. Each by itself, an item that is none is refused
by itself, so the request may hold any items of plain values. The OpenAPI document tells the two apart.
"""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from app.web import Choice, Id, Integer, Schema, Text, fields
from blueprints.tasks.schemas.tasks import TaskInput, TaskPatch


class TaskUpdate(TaskPatch):  # type: ignore[valid-type,misc]
    id = Id(required=True)
    version = Integer(min=1)


class TaskRef(Schema):
    id = Id(required=True)
    version = Integer(min=1)


class BulkResult(Schema):
    index = Integer(required=True)
    status = Integer(required=True)
    id = Id(required=True, allow_none=True)
    problem = fields.Dict(required=True, allow_none=True, metadata={"description": "A problem document; its pointers begin at the item"})


class BulkResults(Schema):
    results = fields.Items(fields.Nested(BulkResult), required=True)


LONGEST, LARGEST = 100_000, 1e15
TEXT = {"type": "string", "maxLength": LONGEST, "pattern": r"^[^\x00]*$"}
PLAIN = [
    TEXT,
    {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    {"type": "boolean"},
    {"type": "null"},
    {"type": "array", "items": TEXT},
]


class Plain(ma.fields.Field):
    """What the values of a task are, whichever belongs where: text, a number, true, false, null or a list of texts."""

    default_error_messages = {"plain": "Must be text, a number, true, false, null or a list of texts."}

    def __init__(self):
        super().__init__(allow_none=True, metadata={"anyOf": PLAIN})

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, (int, float)):  # booleans among them
            right = abs(value) <= LARGEST
        else:
            right = all(isinstance(text, str) and len(text) <= LONGEST for text in (value if isinstance(value, list) else [value]))
        if not right:
            raise self.make_error("plain")
        return value


class Item(fields.Dict):
    """An object that may turn out to be no `schema`."""

    def __init__(self, schema: type[ma.Schema]):
        described = {
            "description": f"A {schema.__name__}; what is none is refused by itself, with a problem in its result",
            "anyOf": [{"$ref": f"#/components/schemas/{schema.__name__}"}, {"type": "object"}],
        }
        super().__init__(keys=Text(max=100), values=Plain(), metadata=described)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        try:
            return super()._deserialize(value, *args, **options)
        except ma.ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            # marshmallow tells a member's name and value apart; a JSON pointer does not.
            raise ma.ValidationError({name: next(iter(found.values())) for name, found in error.messages.items()}) from None


class Bulk(Schema):
    """Loads the one or the other schema, as `mode` says."""

    together: type[Schema]
    each: type[Schema]

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._together, self._each = self.together(), self.each()

    def load(self, data: Any, **options: Any) -> Any:
        by_itself = isinstance(data, Mapping) and data.get("mode") == "each"
        return (self._each if by_itself else self._together).load(data, **options)

    @classmethod
    def document(cls) -> dict[str, Any]:
        """The request body, which marshmallow cannot tell: what `items` are depends on another member."""
        return {"content": {"application/json": {"schema": {"oneOf": [cls.together, cls.each]}}}}


def bulk_of(name: str, item: type[ma.Schema]) -> type[Bulk]:
    mode = Choice("atomic", load_default="atomic", metadata={"description": "All or nothing"})
    mode.validators[0].error = "Must be one of: atomic, each."  # type: ignore[attr-defined]
    together = {"mode": mode, "items": fields.Items(fields.Nested(item), min=1, max=200, required=True)}
    each = {
        "mode": Choice("each", required=True, metadata={"description": "Each by itself"}),
        "items": fields.Items(Item(item), min=1, max=200, required=True),
    }
    members: dict[str, Any] = {"together": type(name, (Schema,), together), "each": type(f"{name}Each", (Schema,), each)}
    return type(f"{name}Either", (Bulk,), members)


BulkCreate = bulk_of("BulkCreate", TaskInput)
BulkUpdate = bulk_of("BulkUpdate", TaskUpdate)
BulkDelete = bulk_of("BulkDelete", TaskRef)
