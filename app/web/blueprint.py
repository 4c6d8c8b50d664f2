"""The Blueprint that every stage uses. Its decorators read as the contract of a view::

    @bp.route("/tasks/<uuid:task_id>", methods=["PATCH"])
    @bp.needs("tasks.write")
    @bp.if_match
    @bp.arguments(TaskPatch)
    @bp.response(200, TaskSchema)
    def update_task(changes, task_id):
        \"\"\"Change a task.\"\"\"
        return tasks.edit(task_id, changes, by=me())

A route gets, without writing it: authentication, the permission check, rate limits, strict arguments,
one transaction, ETags, idempotency, problem documents, and its place in the OpenAPI document.
"""

import http
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow.common import resolve_schema_instance

from app.limits import strictly
from app.web import arguments as readers
from app.web.api import HEADERS
from app.web.operation import SAFE, build


class Blueprint(flask_smorest.Blueprint):
    def __init__(self, name: str, import_name: str, *, description: str, url_prefix: str, **options):
        super().__init__(name, import_name, description=description, url_prefix=url_prefix, **options)
        self._prepare_doc_cbks.append(document)

    def route(self, rule: str, *, methods: list[str], **options):
        """Register a view for one method. Raises TypeError when the view does not say who may call it."""
        (method,) = methods

        def decorator(view: Callable) -> Callable:
            operation = build(view)
            if operation.needs is None and not operation.public:
                raise TypeError(f"{self.name}.{view.__name__} must say who may call it: @bp.needs(permission) or @bp.public")
            operation.writes = method not in SAFE
            operation.idempotent = operation.writes and not (operation.public or operation.secret or operation.own_transactions)
            apidoc = view.__dict__.setdefault("_apidoc", {})
            apidoc["operation"] = {"operation": operation, "path": "<" in rule}
            apidoc.setdefault("manual_doc", {})["operationId"] = view.__name__
            handler = operation.handler(view)
            if operation.rare:
                handler = strictly(handler)
            self.add_url_rule(rule, view.__name__, handler, methods=methods, **options)
            return view

        return decorator

    @staticmethod
    def needs(permission: str):
        """Callers need this permission, and a token they use needs it among its scopes."""

        def decorator(view):
            build(view).needs = permission
            return view

        return decorator

    @staticmethod
    def public(view):
        """Anybody may call this."""
        build(view).public = True
        return view

    @staticmethod
    def secret(view):
        """The answer holds a secret: it is never stored for an Idempotency-Key."""
        build(view).secret = True
        return view

    @staticmethod
    def rare(view):
        """Guarded by the strict limit for signing in, per address and shared by every process through Redis."""
        build(view).rare = True
        return view

    @staticmethod
    def own_transactions(view):
        """The verb opens its units of work itself: it computes in between, or must commit although it refuses."""
        build(view).own_transactions = True
        return view

    @staticmethod
    def if_match(view):
        """Callers say which version they mean; the verb takes the row with :func:`app.db.take`."""
        build(view).if_match = True
        return view

    def arguments(self, schema, *, location: str = "json", **options):
        """One positional argument for the view: the loaded body (`json`) or query string (`query`)."""
        instance = resolve_schema_instance(schema)
        loader = {"json": readers.body, "query": readers.query}[location](instance)

        def decorator(view):
            # Decorators run from the bottom up, arguments are passed from the top down.
            build(view).loaders.insert(0, loader)
            return self._documented(view, super(Blueprint, self).arguments(instance, location=location, **options))

        return decorator

    def text_body(self, media_type: str, *, pattern: str):
        """The body is text of this media type that matches `pattern` (an ECMA regular expression) as a whole."""

        def decorator(view):
            build(view).loaders.insert(0, readers.text(media_type, pattern))
            content = {media_type: {"schema": {"type": "string", "pattern": pattern}}}
            apidoc = view.__dict__.setdefault("_apidoc", {})
            apidoc.setdefault("manual_doc", {})["requestBody"] = {"required": True, "content": content}
            return view

        return decorator

    def response(self, status_code: int, schema=None, *, location: str | None = None, **options):
        """What the view returns, and where a thing that was made can be found (`/api/v1/things/{0.id}`)."""
        instance = resolve_schema_instance(schema) if schema is not None else None

        def decorator(view):
            operation = build(view)
            operation.status, operation.schema, operation.location = status_code, instance, location
            operation.raw = instance is None and options.get("content_type") is not None
            return self._documented(view, super(Blueprint, self).response(status_code, instance, **options))

        return decorator

    def page(self, schema):
        """The view returns a Listing (or some objects); the caller gets a page of it."""
        item = resolve_schema_instance(schema)

        def decorator(view):
            operation = build(view)
            operation.page, operation.schema = True, item
            return self._documented(view, super(Blueprint, self).response(200, page_schema(item)))

        return decorator

    def alt_response(self, status_code: int, **options):
        def decorator(view):
            return self._documented(view, super(Blueprint, self).alt_response(status_code, **options))

        return decorator

    @staticmethod
    def doc(**members):
        def decorator(view):
            apidoc = view.__dict__.setdefault("_apidoc", {})
            apidoc.setdefault("manual_doc", {}).update(members)
            return view

        return decorator

    @staticmethod
    def _documented(view: Callable, decorate: Callable) -> Callable:
        """Take only the documentation that flask-smorest's decorator would leave on its wrapper."""

        def stand_in(): ...

        stand_in._apidoc = deepcopy(getattr(view, "_apidoc", {}))  # type: ignore[attr-defined]
        view._apidoc = decorate(stand_in)._apidoc  # type: ignore[attr-defined]
        return view


_pages: dict[tuple[str, type], ma.Schema] = {}


def page_schema(item: ma.Schema) -> ma.Schema:
    """`{items: […], next_cursor}` of an item schema, one class each so that the document names it once."""
    name = type(item).__name__.removesuffix("Schema")
    found = _pages.get((name, type(item)))
    if found is None:
        members: Any = {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next_cursor": ma.fields.String(
                required=True, allow_none=True, metadata={"description": "Pass it as `cursor` for the next page; null at the end"}
            ),
        }
        found = _pages[name, type(item)] = type(f"{name}PageSchema", (ma.Schema,), members)()
    return found


def document(doc: dict, info: dict, *, method: str, **context) -> dict:
    """Everything else a route can answer, and the headers it reads."""
    described = info.get("operation")
    if described is None:
        return doc
    operation = described["operation"]
    responses = doc.setdefault("responses", {})
    parameters = doc.setdefault("parameters", [])
    codes = {429, 500, 503}
    if not operation.public or operation.needs:
        doc["security"] = [{"bearer": []}]
        codes |= {401, 403}
    if operation.public:
        codes |= {401}
    if described["path"] or operation.page:
        codes.add(404)
    if doc.get("requestBody") or info.get("manual_doc", {}).get("requestBody"):
        codes |= {400, 413, 415, 422}
    if operation.writes:
        codes.add(409)
    if operation.if_match:
        codes |= {400, 412, 428}
        parameters.append(HEADERS["If-Match"])
    if operation.idempotent:
        codes.add(400)
        parameters.append(HEADERS["Idempotency-Key"])
    if not operation.writes and (operation.schema is not None):
        responses.setdefault("304", {"description": "Not modified"})
        parameters.append(HEADERS["If-None-Match"])
    for code in codes:
        if not any(str(known) == str(code) for known in responses):
            responses[code] = http.HTTPStatus(code).name
    return doc
