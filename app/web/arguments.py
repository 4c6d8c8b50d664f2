"""Reading what a request says: strict JSON bodies, declared query parameters, bounded other bodies."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from flask import request

from app.errors import BadRequest, Unprocessable, UnsupportedMediaType
from app.web.json import loads


def body(schema: ma.Schema) -> Callable[[], Any]:
    """Loads a JSON body. Raises BadRequest, UnsupportedMediaType or Unprocessable with pointers."""

    def load() -> Any:
        check_media_type(("application/json",))
        raw = request.get_data()
        if not raw:
            raise BadRequest("A JSON body is required.")
        try:
            return schema.load(loads(raw))
        except ma.ValidationError as error:
            raise Unprocessable(errors=pointers(error.messages)) from None

    return load


def query(schema: ma.Schema) -> Callable[[], Any]:
    """Loads the query string. Without one, the defaults are already known."""
    try:
        defaults = schema.load({})
    except ma.ValidationError:
        defaults = None
    many = {field.data_key or name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}

    def load() -> Any:
        if defaults is not None and not request.environ.get("QUERY_STRING"):
            return dict(defaults)
        given: dict[str, Any] = {}
        errors = {}
        for name, values in request.args.lists():
            if name in many:
                given[name] = values
            elif len(values) == 1:
                given[name] = values[0]
            else:
                errors[pointer(name, "/query")] = "Given more than once."
        if errors:
            raise Unprocessable(errors=errors)
        try:
            return schema.load(given)
        except ma.ValidationError as error:
            raise Unprocessable(errors=pointers(error.messages, "/query")) from None

    return load


def text(media_type: str, pattern: str) -> Callable[[], str]:
    """Loads a body of UTF-8 text that matches a pattern as a whole. Raises Unprocessable when it does not."""
    wanted = re.compile(pattern)

    def load() -> str:
        check_media_type((media_type,))
        try:
            found = request.get_data().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadRequest("The body is not UTF-8 text.") from None
        if "\0" in found:
            raise BadRequest("The body holds NUL.")
        if not wanted.match(found):
            raise Unprocessable(f"The body does not match {pattern}.")
        return found

    return load


def validator(schema: ma.Schema) -> Callable[[Mapping[str, Any]], Any]:
    """For verbs that read values from elsewhere than a JSON body: loads a mapping, or raises Unprocessable."""

    def validate(given: Mapping[str, Any]) -> Any:
        try:
            return schema.load(given)
        except ma.ValidationError as error:
            raise Unprocessable(errors=pointers(error.messages)) from None

    return validate


def check_media_type(accepted: tuple[str, ...]) -> None:
    if request.mimetype not in accepted or request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"Send {accepted[0]} in UTF-8.", headers={"Accept-Post": accepted[0]})


def pointers(messages: Any, at: str = "") -> dict[str, str]:
    """marshmallow's nested messages as one map from JSON pointer (RFC 6901) to a sentence."""
    if isinstance(messages, Mapping):
        found: dict[str, str] = {}
        for key, value in messages.items():
            place = at if key == "_schema" else pointer(key, at)
            found.update(pointers(value, place))
        return found
    return {at: " ".join(str(m) for m in messages) if isinstance(messages, (list, tuple)) else str(messages)}


def pointer(key: object, at: str = "") -> str:
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
