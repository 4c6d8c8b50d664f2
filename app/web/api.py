"""Our flask-smorest Api: the OpenAPI 3.1 document tells the whole truth about every route."""

import hashlib
from functools import cached_property

import marshmallow as ma
from flask import Response, json, request
from flask_smorest import Api as SmorestApi

from app.web import etags
from app.web.problems import MEDIA_TYPE

SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token from `POST /api/v1/auth/sessions`, or a personal access token (`z2h_pat_…`).",
    }
}


class ProblemSchema(ma.Schema):
    """RFC 9457. Documentation only: problems are built by :mod:`app.web.problems`."""

    class Meta:
        title = "Problem"
        # A kind of problem may say more in members of its own (RFC 9457, section 3.2).
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True, metadata={"format": "uri-reference"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Machine-readable name of what went wrong"})
    detail = ma.fields.String()
    request_id = ma.fields.String(required=True)
    errors = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.String(), metadata={"description": "JSON pointer into the request → what is wrong there"}
    )


class Api(SmorestApi):
    ERROR_SCHEMA = ProblemSchema

    def _init_spec(self, **options):
        options.setdefault("components", {"securitySchemes": SECURITY_SCHEMES})
        options.setdefault("info", {"description": "Problems are RFC 9457 documents; lists are read page by page with `cursor`."})
        super()._init_spec(**options)
        from app.web.fields import register

        register(self.ma_plugin)

    def _register_responses(self):
        """Problems have their own media type, whatever the API's default is."""
        usual, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, MEDIA_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual

    @cached_property
    def document(self) -> tuple[bytes, str]:
        """The OpenAPI document and its entity tag: made with the first request for it, when all stages have registered theirs."""
        body = json.dumps(self.spec.to_dict(), indent=2, sort_keys=False).encode()
        return body, hashlib.blake2b(body, digest_size=9).hexdigest()

    def _openapi_json(self):
        body, tag = self.document
        answer = Response(body, mimetype="application/json", headers={"Cache-Control": "no-cache"})
        answer.set_etag(tag)
        return answer.make_conditional(request)

    def _register_error_handlers(self):
        """Errors are rendered by :mod:`app.web.problems`."""


HEADERS = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the version that you mean to change, or * for any.",
        "schema": {"type": "string", "pattern": etags.PATTERN},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Answer 304 without a body if the ETag is still this one; ignored when malformed.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text of your own: the same key within 24 hours gets the first answer again and changes nothing more.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,100}$"},
    },
}
