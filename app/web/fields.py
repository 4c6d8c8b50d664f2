"""Strict, bounded fields. What a field accepts and what the OpenAPI document says of it are the same thing."""

import datetime as dt
import re
import uuid
import zoneinfo
from collections.abc import Sequence
from typing import Any

import marshmallow as ma

from app.web.json import timestamp

INT4 = 2**31 - 1
INT8 = 2**63 - 1
SAFE = 2**53 - 1
"""The largest integer that JavaScript keeps exactly."""

Nested = ma.fields.Nested
Dict = ma.fields.Dict


class Schema(ma.Schema):
    """A JSON body. Unknown members are refused."""

    class Meta:
        unknown = ma.RAISE

    from_json = True

    @classmethod
    def patch(cls, name: str, *, only: Sequence[str] | None = None) -> type["Schema"]:
        """The same members, each optional and without defaults; an empty patch changes nothing."""
        members: dict[str, Any] = {}
        for field_name, field in cls().fields.items():
            if field.dump_only or (only is not None and field_name not in only):
                continue
            copy = cls._declared_fields[field_name].__class__.__new__(field.__class__)
            copy.__dict__.update(cls._declared_fields[field_name].__dict__)
            copy.required, copy.load_default = False, ma.missing
            members[field_name] = copy
        members["Meta"] = type("Meta", (Schema.Meta,), {})
        return type(name, (Schema,), members)


class QuerySchema(ma.Schema):
    """A query string: every value arrives as text. Unknown parameters are refused."""

    class Meta:
        unknown = ma.RAISE

    from_json = False


def is_json(field: ma.fields.Field) -> bool:
    return getattr(field.root, "from_json", True)


class Whole(ma.validate.Regexp):
    """Matches the whole text, as JSON Schema's `^…$` does: Python's `$` would let a line break at the end pass."""

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ma.ValidationError(self._format_error(value))
        return value


class Text(ma.fields.String):
    """Text of `min` to `max` characters without NUL; ``pattern`` is a regular expression for the whole of it."""

    default_error_messages = {"nul": "Must not hold NUL or unpaired surrogates."}

    def __init__(self, *, min: int = 0, max: int = 255, pattern: str | None = None, **options: Any):
        checks: list[Any] = [ma.validate.Length(min=min or None, max=max)]
        checks.append(Whole(pattern or r"^[^\x00]*$", error="Must match {regex}." if pattern else "Must not hold NUL."))
        super().__init__(validate=checks + listed(options.pop("validate", None)), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            raise self.make_error("nul")
        return text


def listed(check: Any) -> list[Any]:
    return [] if check is None else list(check) if isinstance(check, (list, tuple)) else [check]


class Choice(ma.fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **options: Any):
        super().__init__(validate=ma.validate.OneOf(words, error="Must be one of: {choices}."), **options)


class Integer(ma.fields.Integer):
    """A whole number. In JSON no text and no boolean passes; 1.0 does, as in JSON Schema."""

    def __init__(self, *, min: int = -INT4 - 1, max: int = INT4, **options: Any):
        super().__init__(strict=True, validate=ma.validate.Range(min=min, max=max), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> int | None:
        if is_json(self):
            if isinstance(value, float) and value.is_integer() and abs(value) <= SAFE:
                value = int(value)
            if not isinstance(value, int) or isinstance(value, bool):
                raise self.make_error("invalid", input=value)
        elif not re.fullmatch(r"-?[0-9]{1,20}", value, re.ASCII):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(int(value), *args, **options)


class Number(ma.fields.Float):
    def __init__(self, *, min: float = -1e15, max: float = 1e15, **options: Any):
        super().__init__(validate=ma.validate.Range(min=min, max=max), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> float | None:
        if is_json(self) and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **options)


class Boolean(ma.fields.Boolean):
    """true or false; never "yes", 0 or 1."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> bool | None:
        if is_json(self):
            if value is True or value is False:
                return value
        elif value in ("true", "false"):
            return value == "true"
        raise self.make_error("invalid", input=value)


RFC3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"


class Timestamp(ma.fields.AwareDateTime):
    """An RFC 3339 time with its offset. In UTC it must lie in the years 1 to 9999: what cannot be read back is not stored."""

    default_error_messages = {
        "invalid": "Must be an RFC 3339 time with an offset, like 2026-12-01T10:00:00Z.",
        "range": "Is outside of the years 1 to 9999 in UTC.",
        "leap": "Leap seconds cannot be stored; use second 59.",
    }

    def __init__(self, **options: Any):
        super().__init__(validate=None, **options)
        self.metadata.setdefault("pattern", RFC3339)

    def _serialize(self, value: Any, *args: Any, **options: Any) -> str | None:
        return None if value is None else timestamp(value)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(value, str) or not re.match(RFC3339, value) or "\n" in value:
            raise self.make_error("invalid")
        text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", value.upper().replace("Z", "+00:00"))
        if text[17:19] == "60":
            raise self.make_error("leap")
        try:
            return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
        except OverflowError:
            raise self.make_error("range") from None
        except ValueError:
            raise self.make_error("invalid") from None


class Date(ma.fields.Date):
    """A day of the calendar, YYYY-MM-DD."""

    default_error_messages = {"invalid": "Must be a day like 2026-12-01."}

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Id(ma.fields.UUID):
    """A UUID in its canonical form."""

    default_error_messages = {"invalid_uuid": "Must be a UUID."}

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> uuid.UUID:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
            raise self.make_error("invalid_uuid")
        return uuid.UUID(value)


EMAIL = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
)


class Email(Text):
    """An e-mail address in the form that mail servers take everywhere."""

    def __init__(self, **options: Any):
        super().__init__(min=6, max=254, pattern=EMAIL, **options)
        self.validators[-1].error = "Must be an e-mail address."


class TimeZone(Text):
    """A name of the IANA time zone database."""

    default_error_messages = {"zone": "Must be an IANA time zone such as Europe/Berlin."}

    def __init__(self, **options: Any):
        # JSON Schema: where null is allowed, it is one of the choices.
        choices = [*sorted(ZONES), *([None] if options.get("allow_none") else [])]
        super().__init__(max=60, metadata={"enum": choices}, **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if text not in ZONES:
            raise self.make_error("zone")
        return text


ZONES = frozenset(zone for zone in zoneinfo.available_timezones() if not zone.startswith(("posix/", "right/")) and zone != "localtime")


class Items(ma.fields.List):
    """A list of `min` to `max` values."""

    def __init__(self, inner: Any, *, min: int = 0, max: int = 1000, unique: bool = False, **options: Any):
        checks: list[Any] = [ma.validate.Length(min=min or None, max=max)]
        if unique:
            checks.append(no_duplicates)
            options.setdefault("metadata", {})["uniqueItems"] = True
        super().__init__(inner, validate=checks, **options)


def no_duplicates(values: Sequence[Any]) -> None:
    if len({repr(value) for value in values}) != len(values):
        raise ma.ValidationError("Must not hold the same value twice.")


class Cursor(Text):
    """A cursor that a list gave out."""

    def __init__(self, **options: Any):
        # Holds the last row's sort key, up to 500 characters that JSON may write as six bytes each, in base 64.
        super().__init__(min=1, max=6_000, pattern=r"^[A-Za-z0-9_-]+$", **options)


class Limit(Integer):
    """How many items a page has."""

    def __init__(self, **options: Any):
        super().__init__(min=1, max=100, **options)


def register(plugin: Any) -> None:
    """Tell apispec what it does not find out by itself."""

    def keys(_converter, field, **_context):
        if isinstance(field, ma.fields.Dict) and field.key_field:
            found = _converter.field2property(field.key_field)
            return {"propertyNames": {name: value for name, value in found.items() if name != "type"}}
        return {}

    plugin.converter.add_attribute_function(keys)
