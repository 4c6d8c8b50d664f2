"""The Socket.IO edge: who connects, and what they subscribe to."""

import logging
import uuid
from typing import Any

from flask import Flask, current_app, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from app.access import Actor, acting_as
from app.errors import InvalidToken, NotFound, Unauthorized, Unprocessable
from app.observe import new_request_id, use_request_id
from app.realtime.streams import Realtime
from app.realtime.websocket.sessions import trust, unsent
from app.web import problems

log = logging.getLogger(__name__)


def register(socketio: SocketIO, app: Flask) -> None:
    socketio.on_event("connect", connect)
    socketio.on_event("disconnect", disconnect)
    socketio.on_event("subscribe", subscribe)
    socketio.on_event("unsubscribe", unsubscribe)
    socketio.on_error_default(problem_of)
    realtime = app.extensions["realtime"]
    realtime.server = socketio.server
    realtime.unsent = lambda sid: unsent(socketio.server, sid)
    cut_off_who_speaks_otherwise(socketio.server)


def cut_off_who_speaks_otherwise(server: Any) -> None:
    """A packet that is none ends its session. python-socketio would log an error with a stack trace for each."""
    handle = server._handle_eio_message

    def guarded(session: str, data: Any) -> None:
        try:
            handle(session, data)
        except Exception as error:
            log.info("a packet that is none: %s", type(error).__name__)
            server.eio.disconnect(session)

    server.eio.on("message", guarded)


def realtime() -> Realtime:
    return current_app.extensions["realtime"]


def connect(auth: Any = None) -> None:
    """Authenticate with `auth = {token}`: an access token or a personal access token."""
    sid = request.sid  # type: ignore[attr-defined]
    with use_request_id(new_request_id()):
        try:
            token = auth.get("token") if isinstance(auth, dict) else None
            if not isinstance(token, str):
                raise Unauthorized("Connect with auth = {token: <access token>}.")
            actor = admit(sid, token)
            current_app.extensions["limit"](actor, request.environ)
            trust(realtime().server, sid)
        except Exception as error:
            realtime().disconnected(sid)
            problem = problem_of(error)
            raise Refused(problem["title"], problem) from None  # message and data of the client's `connect_error`


def admit(sid: str, token: str) -> Actor:
    """Verify, and once more if something was revoked meanwhile: whoever is signed out looks for sockets that are registered."""
    known, verify = current_app.extensions["known"], current_app.extensions["verify"]
    generation = known.generation()
    try:
        actor = verify(token)
        realtime().connected(sid, actor)
        return actor if known.unchanged(generation) else verify(token)
    except InvalidToken:
        current_app.extensions["limit"](None, request.environ)
        raise


def problem_of(error: Exception) -> dict[str, Any]:
    return problems.response_to(error).get_json(force=True)


def disconnect(*_reason: Any) -> None:
    realtime().disconnected(request.sid)  # type: ignore[attr-defined]


def subscribe(message: Any = None, *_more: Any) -> dict[str, Any]:
    """`{stream, key, after}` → `{ok: true, sequence}` or `{ok: false, problem}`."""
    with use_request_id(new_request_id()):
        try:
            stream, key = read(message)
            after = message.get("after")
            if after is not None and (not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**53):
                raise Unprocessable(errors={"/after": "Must be the last sequence you have, or null."})
            actor = realtime()._actors.get(request.sid)  # type: ignore[attr-defined]
            if actor is None:
                raise Unauthorized()
            current_app.extensions["limit"](actor, request.environ)
            with acting_as(actor):
                return {"ok": True, "sequence": realtime().subscribe(request.sid, stream, key, after)}  # type: ignore[attr-defined]
        except Exception as error:
            return {"ok": False, "problem": problem_of(error)}


def unsubscribe(message: Any = None, *_more: Any) -> dict[str, Any]:
    with use_request_id(new_request_id()):
        try:
            stream, key = read(message)
            realtime().unsubscribe(request.sid, stream, key)  # type: ignore[attr-defined]
            return {"ok": True}
        except Exception as error:
            return {"ok": False, "problem": problem_of(error)}


def read(message: Any) -> tuple[str, uuid.UUID]:
    if not isinstance(message, dict):
        raise Unprocessable(errors={"": "Send an object with stream and key."})
    stream, key = message.get("stream"), message.get("key")
    if not isinstance(stream, str) or stream not in current_app.extensions["streams"]:
        raise NotFound("There is no such stream.")
    try:
        return stream, uuid.UUID(key)
    except (ValueError, TypeError, AttributeError):
        raise Unprocessable(errors={"/key": "Must be a UUID."}) from None
