"""The console: one page at `/`, served by the app itself. Stages bring their pages through their manifests."""

from app.console.page import Page

__all__ = ["Page", "init_app"]


def init_app(app) -> None:
    from app.console.views import register

    register(app)
