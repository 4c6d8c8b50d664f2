"""How Flask itself is set up: no cookies, our JSON, proxies by setting, sockets on the same port."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import NullSession, SessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from app.db.engine import ENGINE_DEFAULTS, engine_options
from app.observe.middleware import Observed
from app.web.dispatch import Dispatch
from app.web.json import JSONProvider

DEFAULTS: dict[str, Any] = {
    "API_TITLE": "Zero2Hero",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
    "PROPAGATE_EXCEPTIONS": False,
    "TRAP_HTTP_EXCEPTIONS": False,
    # What is left of a slow or refused limiter must never be an error of ours.
    "RATELIMIT_SWALLOW_ERRORS": True,
    "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    "RATELIMIT_KEY_PREFIX": "z2h",
    "RATELIMIT_STRATEGY": "fixed-window",
    "MAX_FORM_MEMORY_SIZE": 100_000,
}
SCHEMES = ("http", "https")


class NoSession(SessionInterface):
    """Tokens travel in headers: there are no cookies, and nothing is opened or saved for them."""

    _session = NullSession()

    def open_session(self, app: Flask, request: Any) -> Any:
        return self._session

    def save_session(self, app: Flask, session: Any, response: Any) -> None: ...


def init_app(app: Flask) -> None:
    app.session_interface = NoSession()
    app.json_provider_class = JSONProvider
    app.json = JSONProvider(app)
    app.url_map.strict_slashes = False
    settings = app.config
    settings.setdefault("SQLALCHEMY_DATABASE_URI", settings["DATABASE_URL"])
    settings.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {**ENGINE_DEFAULTS, **engine_options(settings)})
    # A socket has another name there.
    settings.setdefault("RATELIMIT_STORAGE_URI", re.sub(r"^unix://", "redis+unix://", settings["REDIS_URL"]))
    settings.setdefault("RATELIMIT_STORAGE_OPTIONS", {"socket_timeout": 0.2, "socket_connect_timeout": 0.2})
    settings.setdefault("RATELIMIT_ENABLED", settings["RATE_LIMIT_SIGN_IN"] != "off")
    settings.setdefault("MIGRATION_PATHS", [])


def wrap(app: Flask) -> None:
    """Called last, from the inside out: the short way to our routes, log lines and metrics, proxies (whose client is the one we log)."""
    app.wsgi_app = Observed(Dispatch(app, app.wsgi_app))  # type: ignore[method-assign]
    if hops := app.config["TRUSTED_PROXIES"]:
        # Not the host: most proxies keep it, and pass on an X-Forwarded-Host that anybody may have written.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def socket_options(app: Flask) -> dict[str, Any]:
    """Socket.IO: WebSocket only, so that several processes need no sticky sessions; no Redis of its own."""
    from gevent.monkey import is_module_patched

    return {
        "async_mode": "gevent" if is_module_patched("socket") else "threading",
        "transports": ["websocket"],
        "cors_allowed_origins": may_connect_from(app.config["CORS_ORIGINS"], app.config["PUBLIC_URL"]),
        "max_http_buffer_size": app.config["MAX_CONTENT_LENGTH"],
        "ping_interval": 25,
        "ping_timeout": 20,
        "manage_session": False,
        # A socket's events are handled in turn by the greenlet that reads it: who sends too many waits for themselves.
        "async_handlers": False,
    }


def may_connect_from(origins: tuple[str, ...], public_url: str) -> Callable[[str | None, dict[str, Any]], bool]:
    """Pages of the service's own origin (the console), of the address that people know it by, and of the setting's origins.

    Who is asking is told by a token, never by the origin: a proxy may say under which host and scheme it was reached.
    """
    known = {*origins, *re.findall(r"^https?://[^/]+", public_url)}

    def may_connect(origin: str | None, environ: dict[str, Any]) -> bool:
        hosts = [environ.get(name, "").partition(",")[0].strip() for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST")]
        return origin is not None and (origin in known or origin in {f"{scheme}://{host}" for host in hosts for scheme in SCHEMES if host})

    return may_connect
