"""The application factory: one screen that shows everything the backend is made of."""

import os
from collections.abc import Mapping

from flask import Flask

__version__ = "0.1.0"


def create_app(overrides: Mapping[str, object] | None = None, environ: Mapping[str, str] = os.environ) -> Flask:
    """Build the app: settings, extensions, core, then every stage that is on. Starts nothing."""
    from app import commands, config, console, limits, meta, observe, stages
    from app.accounts.manifest import stage as accounts
    from app.audit.manifest import stage as audit
    from app.auth import manifest as auth
    from app.background import Background
    from app.extensions import db, limiter, migrate, redis, socketio
    from app.outbox import Functions
    from app.realtime import sockets
    from app.realtime.bus import Bus
    from app.realtime.streams import Realtime, Streams
    from app.relay import Relay
    from app.web import flask_app, problems, security
    from app.web.api import Api

    app = Flask(__name__, static_folder=None)
    app.config.update(flask_app.DEFAULTS)
    app.config.update(config.load(environ, overrides))
    flask_app.init_app(app)

    db.init_app(app)
    redis.init_app(app)
    limiter.init_app(app)
    limits.only_where_asked(app, limiter)
    migrate.init_app(app, db)
    socketio.init_app(app, **flask_app.socket_options(app))

    background: dict[str, Background] = {}
    app.extensions.update(functions=Functions(), listeners={}, background=background, streams=Streams(), socketio=socketio, redis=redis)
    app.extensions["api"] = Api(app)
    app.extensions["bus"] = Bus(redis)
    app.extensions["relay"] = Relay(app, redis)
    app.extensions["realtime"] = Realtime(app, app.extensions["bus"], app.extensions["streams"])

    problems.init_app(app)
    security.init_app(app)
    limits.init_app(app)
    auth.init_app(app)
    sockets.register(socketio, app)
    stages.install(app, core=[accounts, auth.stage, audit, meta.stage], environ=environ)
    console.init_app(app)
    commands.init_app(app)
    observe.init_app(app)
    flask_app.wrap(app)
    return app


__all__ = ["create_app"]
