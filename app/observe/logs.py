"""Log lines: JSON in production, short and coloured in development; each carries the request id."""

import datetime as dt
import logging
import sys
from typing import Any

import orjson

from app.observe.redact import GONE, redact
from app.observe.request_id import current_request_id

request_log = logging.getLogger("app.request")

PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "safe"}
SECRET_NAMES = ("password", "secret", "token", "authorization", "cookie", "api_key")
COLOURS = {"DEBUG": 90, "INFO": 36, "WARNING": 33, "ERROR": 31, "CRITICAL": 35}


class JSONFormatter(logging.Formatter):
    """One JSON object a line. Records with ``safe`` set hold only values of ours and are not searched for secrets."""

    def format(self, record: logging.LogRecord) -> str:
        safe = record.__dict__.get("safe")
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if safe else redact(record.getMessage()),
            "request_id": current_request_id(),
        }
        line.update(safe if safe else extras(record))
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


class ShortFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        safe = record.__dict__.get("safe")
        more = " ".join(f"{name}={value}" for name, value in (safe or extras(record)).items())
        text = f"{record.levelname.lower():7} {record.name}: {record.getMessage() if safe else redact(record.getMessage())} {more}".rstrip()
        if record.exc_info:
            text += "\n" + redact(self.formatException(record.exc_info))
        if sys.stderr.isatty():
            text = f"\033[{COLOURS.get(record.levelname, 0)}m{text}\033[0m"
        return text


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`, without secrets."""
    found = {}
    for name, value in record.__dict__.items():
        if name not in PLAIN:
            found[name] = GONE if any(word in name.lower() for word in SECRET_NAMES) else redact(str(value))
    return found


class RequestLines:
    """One line per request, written without a LogRecord while nobody but our own handler would see it (4 % of a request)."""

    def __init__(self) -> None:
        self._handler: logging.Handler | None = None

    def through(self, handler: logging.StreamHandler[Any] | None) -> None:
        """The handler whose JSON lines may be written directly; None for none."""
        self._handler = handler

    def write(self, values: dict[str, Any]) -> None:
        """`values` are ours and hold no secrets."""
        handler = self._handler
        if (
            handler is not None
            and logging.root.handlers == [handler]
            and not (handler.filters or request_log.filters or request_log.handlers)
        ):
            if request_log.isEnabledFor(logging.INFO):
                moment = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
                line = {"time": moment, "level": "info", "logger": request_log.name, "message": "request"}
                line["request_id"] = current_request_id()
                line.update(values)
                handler.stream.write(orjson.dumps(line, default=str).decode() + "\n")  # type: ignore[attr-defined]
                handler.flush()
        else:
            request_log.info("request", extra={"safe": values})


request_lines = RequestLines()


def configure(level: str, *, production: bool) -> None:
    """Send everything that logs (gunicorn, RQ, engine.io too) through one handler on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter() if production else ShortFormatter())
    request_lines.through(handler if production else None)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("gunicorn.error", "gunicorn.access", "rq.worker", "engineio.server", "socketio.server", "werkzeug"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    for name in ("engineio", "socketio", "alembic.runtime.plugins"):
        logging.getLogger(name).setLevel(logging.WARNING)
