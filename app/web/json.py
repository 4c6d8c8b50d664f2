"""The one JSON reader and the one JSON writer.

The reader refuses what other readers let through and what then breaks storage or clients: NaN, NUL, lone
surrogates, duplicate keys, absurd numbers, deep nesting (RFC 8259 leaves all of these open; RFC 7493,
I-JSON, closes most). The writer gives times one canonical form.
"""

import datetime as dt
import decimal
import json
import math
import re
from typing import Any

import orjson
from flask.json.provider import JSONProvider as FlaskJSONProvider

from app.errors import BadRequest

DEEPEST = 64
LONGEST_INTEGER = 40

_forbidden = re.compile("[\x00\ud800-\udfff]")


def loads(raw: bytes) -> Any:
    """Parse a request body. Raises BadRequest with a sentence that says what is wrong with it."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    except RecursionError:
        raise BadRequest("The body is not valid JSON: nested too deeply.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    # NUL and lone surrogates can only come as escapes; depth needs as many brackets.
    if b"\\u" in raw or raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _walk(value, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise ValueError(f"a number has more than {LONGEST_INTEGER} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, (dict, list)) and depth >= DEEPEST:
        raise BadRequest(f"The body is nested more than {DEEPEST} levels deep.")
    if isinstance(value, str):
        if _forbidden.search(value):
            raise BadRequest("A string holds NUL or an unpaired surrogate.")
    elif isinstance(value, dict):
        for key, member in value.items():
            _walk(key, depth + 1)
            _walk(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _walk(member, depth + 1)


OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def dumps(value: Any) -> bytes:
    """Canonical JSON bytes: times in UTC with six fractional digits, decimals as text."""
    return orjson.dumps(value, _otherwise, OPTIONS)


def _otherwise(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return timestamp(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def timestamp(value: dt.datetime) -> str:
    """RFC 3339 in UTC, always with microseconds: one form, so that PostgreSQL can write it as well."""
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds")


class JSONProvider(FlaskJSONProvider):
    """Flask's `app.json`, for what is not a route of ours."""

    mimetype = "application/json"

    def dumps(self, obj: Any, **options: Any) -> str:
        return dumps(obj).decode()

    def loads(self, s: str | bytes, **options: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **options: Any) -> Any:
        return self._app.response_class(dumps(self._prepare_response_obj(args, options)), mimetype=self.mimetype)
