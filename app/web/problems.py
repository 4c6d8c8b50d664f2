"""Every refusal leaves as application/problem+json (RFC 9457); never HTML, never a stack trace."""

import http
import logging
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from app.errors import AppError, Conflict, Unavailable, Unprocessable
from app.observe import current_request_id
from app.web.json import dumps

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
DROPPED_HEADERS = {"content-type", "content-length"}


def document(status: int, title: str, code: str, detail: str | None = None, errors=None, **members) -> dict[str, object]:
    """The members of a problem document; ``type`` is a tag that stays the same for one code."""
    problem: dict[str, object] = {"type": f"/problems/{code.replace('_', '-')}", "title": title, "status": status, "code": code}
    if detail and detail != title:
        problem["detail"] = detail
    if errors:
        problem["errors"] = errors
    return {**problem, **members, "request_id": current_request_id()}


def of(error: AppError) -> dict[str, object]:
    return document(error.status, error.title, error.code, error.detail, error.errors, **error.members)


def response(problem: dict[str, object], headers=()) -> Response:
    answer = Response(dumps(problem), status=problem["status"], mimetype=MEDIA_TYPE)  # type: ignore[arg-type]
    answer.headers["Cache-Control"] = "no-store"
    for name, value in dict(headers).items():
        answer.headers[name] = value
    return answer


def init_app(app: Flask) -> None:
    for kind, answer in ANSWERS.items():
        app.register_error_handler(kind, answer)


def response_to(error: Exception) -> Response:
    """What a route would answer: for edges that are none."""
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))(error)


def from_http(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse by themselves: unknown routes, methods, oversized bodies."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name.lower() not in DROPPED_HEADERS}
    return response(of_status(status, error.description), kept)


def of_status(status: int, detail: str | None = None) -> dict[str, object]:
    """The document of a refusal that is not one of ours."""
    phrase = http.HTTPStatus(status).phrase
    return document(status, f"{phrase}.", phrase.lower().replace(" ", "_").replace("-", "_").replace("'", ""), detail)


def from_database(error: sa.exc.DBAPIError) -> Response:
    """A value that PostgreSQL refuses is the client's mistake; a database that is away is nobody's."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in {"40001", "40P01"}:
        log.warning("two writes were in each other's way: %s", state)
        return response(of(Conflict("Somebody else changed the same thing at the same time. Try again.")))
    if error.connection_invalidated or isinstance(error, sa.exc.OperationalError) or state[:2] in {"08", "53", "57"}:
        log.error("the database cannot answer: %s %s", type(error.orig).__name__, state)
        return response(of(busy()), {"Retry-After": "2"})
    if state[:2] == "22":
        return response(of(Unprocessable("A value is out of the range that can be stored.")))
    if state[:2] == "23":
        log.warning("a constraint refused the write: %s", getattr(getattr(error.orig, "diag", None), "constraint_name", state))
        return response(of(Conflict("Somebody else changed the same thing at the same time. Try again.")))
    return unexpected(error)


def busy() -> AppError:
    return Unavailable("The database cannot answer right now. Nothing was changed.")


def unexpected(error: Exception) -> Response:
    log.exception("unexpected error", exc_info=error)
    return response(document(500, "Something went wrong on our side.", "internal_error"))


ANSWERS: dict[type[Exception], Callable[[Any], Response]] = {
    AppError: lambda error: response(of(error), error.headers),
    HTTPException: from_http,
    sa.exc.DBAPIError: from_database,
    sa.exc.TimeoutError: lambda error: response(of(busy())),
    Exception: unexpected,
}
"""How each kind of error is answered, the particular before the general."""
