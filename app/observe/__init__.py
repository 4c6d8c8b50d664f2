"""Logs, metrics, health and the request id that ties them together."""

from app.observe.request_id import accept, current_request_id, new_request_id, use_request_id

__all__ = ["accept", "current_request_id", "init_app", "new_request_id", "use_request_id"]


def init_app(app) -> None:
    from app.observe import health, logs, reporting

    if app.config["APP_ENV"] != "test":
        logs.configure(app.config["LOG_LEVEL"], production=app.config["APP_ENV"] == "production")
    reporting.configure(app.config)
    app.extensions["readiness"] = health.Readiness()
    app.register_blueprint(health.bp)
