"""A room that everybody joins, and `/emit?n=` that sends to it: in our app with its real sockets, and in stock Flask-SocketIO."""

import os
from urllib.parse import parse_qs

MESSAGE = {"t": "order", "id": 123456, "status": "shipped", "note": "x" * 100}


def with_emit(wsgi, server):
    """`/emit` in front of an app."""

    def app(environ, start_response):
        if environ["PATH_INFO"] != "/emit":
            return wsgi(environ, start_response)
        for _ in range(int(parse_qs(environ["QUERY_STRING"])["n"][0])):
            server.emit("m", MESSAGE, to="r")
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    return app


def join():
    from flask_socketio import join_room

    join_room("r")
    return "joined"


def ours():
    from app.extensions import socketio
    from wsgi import app  # the very app whose services gunicorn.conf.py starts

    socketio.on_event("join", join)
    app.wsgi_app = with_emit(app.wsgi_app, socketio.server)
    return app


def stock():
    from flask import Flask
    from flask_socketio import SocketIO

    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["BENCH_SECRET"]
    socketio = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")
    socketio.on_event("join", join)
    app.wsgi_app = with_emit(app.wsgi_app, socketio.server)
    return app
