"""Error reports and traces go elsewhere only if a setting says where, and never with a secret in them."""

from collections.abc import Mapping
from typing import Any

from app.config import BadSetting
from app.observe.redact import redact


def configure(settings: Mapping[str, Any]) -> None:
    if settings["SENTRY_DSN"]:
        start_sentry(settings["SENTRY_DSN"], settings["APP_ENV"])
    if settings["OTEL_EXPORTER_OTLP_ENDPOINT"]:
        start_tracing(settings["OTEL_EXPORTER_OTLP_ENDPOINT"])


def start_sentry(dsn: str, environment: str) -> None:
    try:
        import sentry_sdk  # type: ignore[import-not-found]
    except ImportError:
        raise BadSetting("SENTRY_DSN is set, but the package sentry-sdk is not installed.") from None
    # Local variables would carry request bodies, and with them passwords.
    sentry_sdk.init(dsn, environment=environment, include_local_variables=False, send_default_pii=False, before_send=without_secrets)


def start_tracing(endpoint: str) -> None:
    try:
        from opentelemetry import trace  # type: ignore[import-not-found]
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # type: ignore[import-not-found]
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # type: ignore[import-not-found]
        from opentelemetry.sdk.trace import TracerProvider  # type: ignore[import-not-found]
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # type: ignore[import-not-found]
    except ImportError:
        raise BadSetting(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but opentelemetry-sdk, opentelemetry-exporter-otlp-proto-http or "
            "opentelemetry-instrumentation-sqlalchemy is not installed."
        ) from None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    SQLAlchemyInstrumentor().instrument()


def without_secrets(event: Any, _hint: Any = None) -> Any:
    """Every text of an error report, redacted; request bodies, headers and cookies left out."""
    if isinstance(event, dict):
        if isinstance(event.get("request"), dict):
            event["request"] = {name: event["request"].get(name) for name in ("method", "url") if name in event["request"]}
        return {name: without_secrets(value) for name, value in event.items()}
    if isinstance(event, list):
        return [without_secrets(value) for value in event]
    return redact(event) if isinstance(event, str) else event
