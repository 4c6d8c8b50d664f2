"""One family of errors: a class is a fact with a status, and its name is the machine-readable code.

Rendered as RFC 9457 problem documents by :mod:`app.web.problems`.
"""

import re
from collections.abc import Mapping


class AppError(Exception):
    """A refusal that a client can act on.

    ``errors`` maps a JSON pointer into the request to a sentence about that place;
    ``headers`` are sent along; every other keyword becomes a member of the problem document.
    """

    status = 500
    title = "Something went wrong."

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ):
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        self.members = members

    @property
    def code(self) -> str:
        """The class name in snake_case: what programs compare, whatever the sentence says."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class BadRequest(AppError):
    status, title = 400, "The request cannot be read."


class Unauthorized(AppError):
    status, title = 401, "Sign in first."

    def __init__(self, detail: str | None = None, **members):
        members.setdefault("headers", {"WWW-Authenticate": "Bearer"})
        super().__init__(detail, **members)


class InvalidToken(Unauthorized):
    title = "The token is not valid."

    def __init__(self, detail: str | None = None, **members):
        members.setdefault("headers", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        super().__init__(detail, **members)


class Forbidden(AppError):
    status, title = 403, "You may not do that."


class MissingPermission(Forbidden):
    title = "This needs a permission that you, or the token you use, do not have."


class SecondFactorRequired(Forbidden):
    title = "This needs a session that was proven by a second factor."


class NotFound(AppError):
    status, title = 404, "There is no such thing."


class Conflict(AppError):
    status, title = 409, "That conflicts with the present state."


class PreconditionFailed(AppError):
    status, title = 412, "It has changed since you read it."


class UnsupportedMediaType(AppError):
    status, title = 415, "Send this in another media type."


class Unprocessable(AppError):
    status, title = 422, "The content is not valid."


class PreconditionRequired(AppError):
    status, title = 428, "Say which version you mean: send If-Match."


class TooManyRequests(AppError):
    status, title = 429, "Too many requests."


class Unavailable(AppError):
    status, title = 503, "The service cannot do that right now."
