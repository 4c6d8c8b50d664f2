"""Headers that every answer carries, cross-origin rules, and the headers that a request collected on its way."""

from flask import Flask, Response, request

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
]
READABLE = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-ID, Idempotency-Replayed"
SENDABLE = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID"
METHODS = "GET, POST, PUT, PATCH, DELETE"


def init_app(app: Flask) -> None:
    always = list(ALWAYS)
    if app.config["APP_ENV"] == "production":
        always.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    origins = frozenset(app.config["CORS_ORIGINS"])

    @app.after_request
    def add_headers(response: Response) -> Response:
        environ = request.environ
        headers = response.headers
        headers._list.extend(always)  # type: ignore[attr-defined]  # none of them is set elsewhere
        if "Content-Security-Policy" not in headers:
            headers.add("Content-Security-Policy", PAGE_POLICY if response.mimetype == "text/html" else API_POLICY)
        seen = environ["z2h.seen"]
        if "actor" in seen and "Cache-Control" not in headers:
            headers.add("Cache-Control", "private, no-cache")
        headers._list.extend(seen.get("limits", ()))  # type: ignore[attr-defined]
        rule = request.url_rule
        if rule is not None:
            seen["route"] = rule.rule
        if origins:
            # Always: a cache must not hand an answer that was made for no origin, or another one, to a page that may read it.
            headers.add("Vary", "Origin")
            if environ.get("HTTP_ORIGIN") in origins:
                allow_origin(response, environ["HTTP_ORIGIN"])
        return response


def allow_origin(response: Response, origin: str) -> None:
    """Fetch standard, CORS protocol. Tokens travel in headers, so credentials (cookies) are never allowed."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Expose-Headers"] = READABLE
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = SENDABLE
        response.headers["Access-Control-Max-Age"] = "600"
