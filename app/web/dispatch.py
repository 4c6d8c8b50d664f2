"""The short way to our own routes: the same Flask, with what is known beforehand left out.

For every request Flask binds a URL adapter, matches it against all rules, and copies the answer's headers three
times; the Socket.IO middleware copies the environ. A route of ours is found by one dictionary look-up instead; its
request runs through Flask's own `full_dispatch_request` with real contexts, hooks, signals and error handlers.
Whatever is not surely the same (other routes, HEAD and OPTIONS, streams, redirects) goes the plain way.
tests/app/web/test_dispatch.py compares both ways, answer by answer.
"""

import re
import sys
import uuid
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

from flask import Flask, Response
from flask.ctx import RequestContext
from flask.globals import _cv_app, _cv_request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.routing.converters import UUIDConverter

SAMPLE = uuid.UUID("01234567-89ab-4cde-8f01-23456789abcd")
HERE = "*"
"""Where a UUID stands in a pattern."""

_uuid = re.compile(UUIDConverter.regex, re.ASCII)
_plain_location = re.compile(r"[a-z0-9/._~-]*", re.ASCII | re.IGNORECASE)
_plain_host = re.compile(r"[a-z0-9.:-]{1,255}", re.ASCII | re.IGNORECASE)


class Route(NamedTuple):
    rule: Rule
    names: tuple[str, ...]


class Dispatch:
    """WSGI: the short way where there is one, else `plain`."""

    def __init__(self, app: Flask, plain: Callable[..., Iterable[bytes]]):
        self._app, self._plain = app, plain
        bound = app.config["TRUSTED_HOSTS"] is not None or app.config["SERVER_NAME"] is not None
        self._usable = not bound and not app.url_map.host_matching

    @cached_property
    def _routes(self) -> dict[str, Route]:
        """By "METHOD /path/*": made with the first request, when all stages have registered theirs."""
        found: dict[str, Route] = {}
        if self._usable:
            for rule in self._app.url_map.iter_rules():
                for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                    if self._surely_matches(rule, method):
                        found[f"{method} {pattern_of(rule)}"] = Route(rule, tuple(names_of(rule)))
        return found

    def _surely_matches(self, rule: Rule, method: str) -> bool:
        """Whether werkzeug itself finds this rule, and no other, for such a path."""
        if not hasattr(self._app.view_functions[rule.endpoint], "_operation") or pattern_of(rule) is None:
            return False
        path = re.sub(r"<[^>]+>", str(SAMPLE), rule.rule)
        try:
            matched, arguments = self._app.url_map.bind("").match(path, method, return_rule=True)
        except HTTPException:
            return False
        return matched is rule and arguments == dict.fromkeys(names_of(rule), SAMPLE)

    def find(self, environ: dict[str, Any]) -> tuple[Rule, dict[str, Any]] | None:
        path: str = environ["PATH_INFO"]
        values: list[uuid.UUID] = []
        if "-" in path:
            parts = path.split("/")
            for at, part in enumerate(parts):
                if len(part) == 36 and _uuid.fullmatch(part):
                    values.append(uuid.UUID(part))
                    parts[at] = HERE
            path = "/".join(parts)
        route = self._routes.get(f"{environ['REQUEST_METHOD']} {path}")
        if route is None or len(values) != len(route.names) or not _plain_host.fullmatch(environ.get("HTTP_HOST", "")):
            return None
        return route.rule, dict(zip(route.names, values, strict=True))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = self.find(environ)
        if found is None:
            return self._plain(environ, start_response)
        app, error = self._app, None
        context = KnownRoute(app, environ, *found)
        try:
            try:
                context.push()
                response = app.full_dispatch_request()
            except Exception as raised:
                error = raised
                response = app.handle_exception(raised)
            except BaseException:
                error = sys.exc_info()[1]
                raise
            return send(response, environ, start_response)
        finally:
            if (preserve := environ.get("werkzeug.debug.preserve_context")) is not None:
                preserve(_cv_app.get())
                preserve(_cv_request.get())
            if error is not None and app.should_ignore_error(error):
                error = None
            context.pop(error)


def names_of(rule: Rule) -> list[str]:
    return [name for _, name in re.findall(r"<(?:(\w+):)?(\w+)>", rule.rule)]


def pattern_of(rule: Rule) -> str | None:
    """`/things/*` for `/things/<uuid:thing_id>`; None for rules with other parts, which take the plain way."""
    pattern = re.sub(r"<uuid:\w+>", HERE, rule.rule)
    return None if "<" in pattern or HERE in pattern.replace(f"/{HERE}", "") else pattern


class KnownRoute(RequestContext):
    """A request context whose rule and arguments are known; its URL adapter is made when somebody builds URLs."""

    def __init__(self, app: Flask, environ: dict[str, Any], rule: Rule, arguments: dict[str, Any]):
        self.app = app
        self.request = request = app.request_class(environ)
        request.json_module = app.json  # type: ignore[assignment]
        request.url_rule, request.view_args = rule, arguments
        self.flashes = None
        self._session = None
        self._after_request_functions = []
        self._cv_tokens = []

    @cached_property
    def url_adapter(self) -> Any:  # type: ignore[override]
        return self.app.create_url_adapter(self.request)

    def copy(self) -> RequestContext:
        return RequestContext(self.app, self.request.environ, self.request, self._session)

    def push(self) -> None:
        app_context = _cv_app.get(None)
        if app_context is None or app_context.app is not self.app:
            app_context = self.app.app_context()
            app_context.push()
        else:
            app_context = None
        self._cv_tokens.append((_cv_request.set(self), app_context))
        if self._session is None:
            sessions = self.app.session_interface
            self._session = sessions.open_session(self.app, self.request) or sessions.make_null_session(self.app)


def send(response: Response, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What `response(environ, start_response)` does, when the body is bytes that are here already."""
    body, headers = response.response, response.headers
    if type(body) is not list or response.status_code < 200 or response.status_code in (204, 304) or response._on_close:
        return response(environ, start_response)
    if "Content-Length" not in headers or "Content-Location" in headers or not _plain_location.fullmatch(headers.get("Location", "")):
        return response(environ, start_response)
    start_response(response.status, headers.to_wsgi_list())
    return body  # type: ignore[return-value]
