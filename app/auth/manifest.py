"""Signing in as a core stage: always on."""

from flask import Flask

from app.auth import bearer, known, passwords
from app.auth.purge import PURGES
from app.auth.views import bp, own
from app.stages import Stage

stage = Stage(name="auth", summary="Signing in, sessions and tokens", blueprints=[bp, own], background=PURGES)


def init_app(app: Flask) -> None:
    known.init_app(app)
    passwords.init_app(app)
    bearer.init_app(app)


__all__ = ["init_app", "stage"]
