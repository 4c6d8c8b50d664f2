"""What one route promises, gathered from its decorators, and the one function that keeps the promise.

Each promise as a wrapper of its own would cost a call and a lookup; here they become one handler, built
once, that only does what the route asks for.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, current_app, request

from app import access
from app.db.search import Listing
from app.db.versions import expect, forget
from app.db.work import unit_of_work
from app.errors import InvalidToken, Unauthorized
from app.web import arguments, etags, idempotency, pages
from app.web.dump import compile_dump
from app.web.json import dumps

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(eq=False)
class Operation:
    """The contract of a view."""

    needs: str | None = None
    public: bool = False
    loaders: list[Callable[[], Any]] = field(default_factory=list)
    status: int = 200
    schema: Any = None
    page: bool = False
    raw: bool = False
    location: str | None = None
    if_match: bool = False
    idempotent: bool = False
    writes: bool = False
    secret: bool = False
    rare: bool = False
    own_transactions: bool = False
    name: str = ""

    def handler(self, view: Callable) -> Callable:
        """`view` with everything this operation promises around it."""
        act = self._in_one_unit_of_work(view) if self.writes and not self.own_transactions else self._answering(view)
        needs, public = self.needs, self.public

        @functools.wraps(view)
        def handle(**path):
            environ = request.environ
            app = current_app
            try:
                actor = app.extensions["authenticate"](environ)
            except InvalidToken:
                # Guessing tokens counts, too.
                app.extensions["limit"](None, environ)
                raise
            app.extensions["limit"](actor, environ)
            if actor is None:
                if not public:
                    raise Unauthorized()
            else:
                environ["z2h.seen"]["actor"] = actor.user_id
                if needs is not None:
                    actor.require(needs)
            token = access.enter(actor)
            try:
                return act(path)
            finally:
                access.leave(token)

        handle._operation = self  # type: ignore[attr-defined]
        return handle

    def _in_one_unit_of_work(self, view: Callable) -> Callable[[dict], Response]:
        answer = self._answering(view)
        guarded = idempotency.guard(self, answer) if self.idempotent else answer
        if_match = self.if_match

        def act(path: dict) -> Response:
            token = expect(etags.precondition(request.environ.get("HTTP_IF_MATCH"))) if if_match else None
            try:
                with unit_of_work():
                    return guarded(path)
            finally:
                if token is not None:
                    forget(token)

        return act

    def _answering(self, view: Callable) -> Callable[[dict], Response]:
        """Load the arguments, call the view, dump what it returns."""
        loaders = self.loaders
        respond = self._page_response() if self.page else self._response()
        if not loaders:
            return lambda path: respond(view(**path))
        if len(loaders) == 1:
            load = loaders[0]
            return lambda path: respond(view(load(), **path))
        return lambda path: respond(view(*[load() for load in loaders], **path))

    def _response(self) -> Callable[[Any], Response]:
        status, location = self.status, self.location
        if self.raw or self.schema is None:
            return lambda result: result if isinstance(result, Response) else Response(status=status)
        dump = dumper(self.schema)
        conditional = not self.writes

        def respond(result: Any) -> Response:
            if isinstance(result, Response):
                return result
            body = dumps(dump(result))
            answer = Response(body, status, mimetype="application/json")
            version = getattr(result, "version", None)
            if version is not None or conditional:
                tag = etags.of_version(version, body) if version is not None else etags.of_body(body)
                answer.headers["ETag"] = tag
                if conditional and etags.unchanged(request.environ.get("HTTP_IF_NONE_MATCH"), tag):
                    return not_modified(tag)
            if location is not None:
                answer.headers["Location"] = location.format(result)
            return answer

        return respond

    def _page_response(self) -> Callable[[Any], Response]:
        dump = dumper(self.schema)
        schema, name = self.schema, self.name

        def respond(result: Any) -> Response:
            if isinstance(result, Response):
                return result
            if isinstance(result, Listing):
                body = pages.body_of(result, schema, dump, name)
            else:
                body = dumps({"items": [dump(item) for item in result], "next_cursor": None})
            tag = etags.of_body(body)
            if etags.unchanged(request.environ.get("HTTP_IF_NONE_MATCH"), tag):
                return not_modified(tag)
            answer = Response(body, 200, mimetype="application/json")
            answer.headers["ETag"] = tag
            return answer

        return respond


def dumper(schema: Any) -> Callable[[Any], Any]:
    """The compiled dump of a schema; the schema's own where compiling could differ."""
    compiled, plain = compile_dump(schema), schema.dump
    if compiled is None:
        return plain

    def dump(obj: Any) -> Any:
        try:
            return compiled(obj)
        except AttributeError:
            return plain(obj)

    return dump


def not_modified(tag: str) -> Response:
    answer = Response(status=304)
    answer.headers["ETag"] = tag
    return answer


def build(view: Callable) -> Operation:
    """The operation that the decorators of a view have described so far."""
    found = view.__dict__.get("_operation")
    if found is None:
        found = view._operation = Operation(name=view.__name__)  # type: ignore[attr-defined]
    return found


__all__ = ["Operation", "arguments", "build"]
