"""Signing in as a core stage: always on."""

from flask import Flask

from app.auth import bearer, known, passwords
from app.auth.purge import purge
from app.auth.social import settings as social
from app.auth.social.views import bp as social_bp
from app.auth.social.views import own as own_identities
from app.auth.views import bp, own
from app.stages import Stage

stage = Stage(
    name="auth",
    summary="Signing in, sessions and tokens",
    blueprints=[bp, own, social_bp, own_identities],
    settings=social.SETTINGS,
    more_settings=social.of_issuers,
    ready=social.init_app,
    background=[purge],
)


def init_app(app: Flask) -> None:
    known.init_app(app)
    passwords.init_app(app)
    bearer.init_app(app)


__all__ = ["init_app", "stage"]
