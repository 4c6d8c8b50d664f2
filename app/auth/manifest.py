"""Signing in as a core stage: always on."""

from flask import Flask

from app.auth import bearer, known, passwords
from app.auth.export import export
from app.auth.factors import purge as unfinished
from app.auth.factors import views as factors
from app.auth.forget import forget
from app.auth.purge import purge
from app.auth.views import bp, own
from app.config import Setting, words
from app.stages import ROLES, Stage


def roles(value: str) -> frozenset[str]:
    found = frozenset(words(value))
    if unknown := sorted(found - set(ROLES)):
        raise ValueError(f"must name roles ({', '.join(ROLES)}), not {unknown[0]}")
    return found


stage = Stage(
    name="auth",
    summary="Signing in, sessions and tokens",
    blueprints=[bp, own, factors.bp, factors.own],
    settings={
        "AUTH_SECOND_FACTOR_ROLES": Setting(
            "AUTH_SECOND_FACTOR_ROLES", roles, frozenset(), "Roles that must have a second factor, with commas between; none by default."
        )
    },
    listens={"accounts.user_deleted": forget},
    background=[purge, unfinished.purge],
    export=export,
)


def init_app(app: Flask) -> None:
    known.init_app(app)
    passwords.init_app(app)
    bearer.init_app(app)


__all__ = ["init_app", "stage"]
