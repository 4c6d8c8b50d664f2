"""What a field accepts is what the OpenAPI document says that it accepts."""

import re

import jsonschema
import marshmallow as ma
import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from app.web import fields
from app.web.fields import INT4, SAFE, Schema

UUID = "01234567-89ab-7cde-8f01-23456789abcd"
ANYTHING = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 1e300, INT4, INT4 + 1, -INT4 - 1, -INT4 - 2, SAFE, 10**20, "", "a", "ab", "abc", "abcdef", "yes",
    "true", "1", "a\n", "a\nb", "a\0b", "\n", " ", "ü", "x" * 300, [], ["a"], ["a", "a"], ["a", "b", "c", "d"], [1], [None], {}, {"a": 1}, {"a": "b"},
    UUID, UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"{UUID}\n", "2026-12-01", "2026-02-30", "2026-12-01T10:00:00Z", "2026-12-01t10:00:00z",
    "2026-12-01T10:00:00+01:00", "2026-12-01T10:00:00", "2026-12-01 10:00:00Z", "2026-12-01T10:00:00.123456789Z", "0000-01-01T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T10:00:00Z\n", "a@example.com", "A.b+c@sub.example.co", "a@b", "a b@example.com",
    "a@example.com\n", "@example.com", "Europe/Berlin", "UTC", "Mars/Base", "todo", "TODO",
]  # fmt: skip
FIELDS = {
    "text": fields.Text(min=1, max=5),
    "text that may be empty": fields.Text(max=5),
    "pattern": fields.Text(max=20, pattern=r"^[a-z]+$"),
    "nullable text": fields.Text(max=5, allow_none=True),
    "choice": fields.Choice("todo", "done"),
    "integer": fields.Integer(),
    "small integer": fields.Integer(min=0, max=4),
    "large integer": fields.Integer(min=-SAFE, max=SAFE),
    "number": fields.Number(),
    "boolean": fields.Boolean(),
    "id": fields.Id(),
    "e-mail": fields.Email(),
    "time zone": fields.TimeZone(),
    "items": fields.Items(fields.Text(max=5), min=1, max=3),
    "unique items": fields.Items(fields.Text(max=5), unique=True),
    "timestamp": fields.Timestamp(),
    "day": fields.Date(),
}
BEYOND = {
    # What JSON Schema cannot say with a pattern: days that the calendar lacks, times outside of what can be stored.
    "timestamp": {"0000-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-12-01T24:00:00Z"},
    "day": set(),
}


def described(field):
    plugin = MarshmallowPlugin()
    APISpec("t", "1", "3.1.0", plugins=[plugin])
    fields.register(plugin)
    schema = type("S", (Schema,), {"v": field})
    return plugin.converter.schema2jsonschema(schema())["properties"]["v"], schema()


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_accepts_what_its_document_says(name):
    document, schema = described(FIELDS[name])
    checker = jsonschema.FormatChecker(formats=("date", "uuid"))
    validator = jsonschema.Draft202012Validator(document, format_checker=checker)
    wrong = []
    for value in ANYTHING:
        # ECMA's `$` is the very end, Python's is not.
        says = validator.is_valid(value) and not (isinstance(value, str) and value.endswith("\n") and not whole(document, value))
        does = not schema.validate({"v": value})
        # A UUID in another spelling than the canonical one is outside of the format, but "uuid" of jsonschema is lenient.
        if says != does and value not in BEYOND.get(name, ()) and not (name == "id" and not re.fullmatch(r"[0-9a-fA-F-]{36}", str(value))):
            wrong.append((value, says, does))
    assert wrong == []


def whole(document, value):
    return "pattern" not in document or re.fullmatch(document["pattern"], value) is not None


@pytest.mark.parametrize(
    "value", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:01", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z"]
)
def test_a_time_that_could_not_be_read_back_is_refused(value):
    with pytest.raises(ma.ValidationError):
        fields.Timestamp().deserialize(value)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "a\udfffb"])
def test_text_that_cannot_be_stored_is_refused(value):
    with pytest.raises(ma.ValidationError):
        fields.Text().deserialize(value)


def test_a_line_break_at_the_end_is_no_part_of_a_word():
    for field in (fields.Text(pattern=r"^[a-z]+$"), fields.Email(), fields.Cursor()):
        with pytest.raises(ma.ValidationError):
            field.deserialize("abc@example.com\n" if isinstance(field, fields.Email) else "abc\n")
    assert fields.Text().deserialize("a line\n") == "a line\n"
