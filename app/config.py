"""Settings: one documented line each, read from the environment once, at start-up.

A value that cannot be used stops the start-up with a sentence (:class:`BadSetting`).
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

DEVELOPMENT_SECRET = "development-only-secret-do-not-deploy"


class BadSetting(SystemExit):
    """Start-up ends here; the message is what the operator reads."""


@dataclass(frozen=True)
class Setting:
    """``parse`` turns the text of the environment variable into the value, or raises ValueError with a sentence."""

    name: str
    parse: Callable[[str], object]
    default: object
    help: str
    required_in_production: bool = False


def text(value: str) -> str:
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def switch(value: str) -> bool:
    if value.lower() not in {"1", "0", "true", "false", "on", "off", "yes", "no"}:
        raise ValueError("must be on or off")
    return value.lower() in {"1", "true", "on", "yes"}


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def database_url(value: str) -> str:
    """Heroku and Render say postgres://; SQLAlchemy wants the driver's name."""
    scheme, _, rest = value.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a postgres:// or postgresql:// address")
    return f"postgresql+psycopg://{rest}"


def redis_url(value: str) -> str:
    if not re.match(r"(rediss?|unix)://", value):
        raise ValueError("must be a redis://, rediss:// or unix:// address")
    return value


def without_verification(url: str) -> str:
    """In the address, so that every client of Redis reads it; others than rediss:// know nothing of certificates."""
    if not url.startswith("rediss://"):
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=none&ssl_check_hostname=false"


def secrets(value: str) -> tuple[str, ...]:
    found = words(value)
    if not 1 <= len(found) <= 2 or any(len(secret) < 32 for secret in found):
        raise ValueError("must be one secret of at least 32 characters, or two with a comma between (the first signs)")
    return found


def secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must be at least 32 characters long")
    return value


def rate(value: str) -> str:
    if value != "off" and not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day|[1-9][0-9]{0,5}s)", value):
        raise ValueError("must read like 600/minute, or off")
    return value


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(word) for word in words(value))
    except ValueError:
        raise ValueError("must be networks like 10.0.0.0/8, with commas between") from None


def origins(value: str) -> tuple[str, ...]:
    found = words(value)
    if bad := [origin for origin in found if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", origin)]:
        raise ValueError(f"must be exact origins like https://app.example.com, not {bad[0]!r}")
    return found


SETTINGS = (
    Setting(
        "APP_ENV",
        one_of("development", "test", "production"),
        "development",
        "Kind of deployment; production refuses development defaults.",
    ),
    Setting("SECRET_KEY", secret, DEVELOPMENT_SECRET, "Signs cursors and anything else that must come back unaltered.", True),
    Setting("JWT_KEYS", secrets, (DEVELOPMENT_SECRET,), "Secrets of access tokens: the first signs, a second one is still accepted.", True),
    Setting("DATABASE_URL", database_url, "postgresql+psycopg://postgres@127.0.0.1:54320/postgres", "PostgreSQL, the only memory.", True),
    Setting(
        "REDIS_URL", redis_url, "redis://127.0.0.1:63790/0", "Redis: queues, limits, live traffic; may be emptied at any moment.", True
    ),
    Setting("REDIS_VERIFY", switch, True, "Check the certificate of a rediss:// server; off where it signs its own, as Heroku's do."),
    Setting("STAGES", text, "all", "Stages that are on: all, or names with commas between."),
    Setting("LOG_LEVEL", one_of("debug", "info", "warning", "error"), "info", "The least serious thing that is logged."),
    Setting("CORS_ORIGINS", origins, (), "Origins whose pages may call the API; none by default."),
    Setting("TRUSTED_PROXIES", whole(0, 10), 0, "How many proxies in front set X-Forwarded-For and -Proto."),
    Setting("MAX_CONTENT_LENGTH", whole(1_000, 10**9), 1_000_000, "Largest request body, in bytes."),
    Setting("RATE_LIMIT", rate, "600/minute", "Requests per account, or per address without one; ten times as many for pages and files."),
    Setting("RATE_LIMIT_SIGN_IN", rate, "30/minute", "Log-ins and registrations per address."),
    Setting("DATABASE_POOL", whole(1, 200), 8, "Connections to PostgreSQL per process."),
    Setting("DATABASE_TIMEOUT", whole(1, 600), 15, "Longest a statement may run, in seconds."),
    Setting("ARGON2_MEMORY", whole(8, 4_194_304), 19_456, "Argon2id memory, in KiB (OWASP minimum: 19,456)."),
    Setting("ARGON2_TIME", whole(1, 100), 2, "Argon2id passes (OWASP minimum: 2)."),
    Setting("ARGON2_PARALLEL", whole(1, 64), 1, "Argon2id lanes."),
    Setting("PASSWORD_HASHES_AT_ONCE", whole(1, 64), 2, "Password hashes computed at the same time in one process."),
    Setting("ACCESS_TOKEN_SECONDS", whole(30, 3_600), 600, "Life of an access token."),
    Setting("SESSION_DAYS", whole(1, 400), 30, "Days without use after which a session ends."),
    Setting("SESSION_LIFETIME_DAYS", whole(1, 3_650), 180, "Days after which a session ends however much it is used."),
    Setting("PUBLIC_URL", text, "", "Address under which people reach this service, without a final slash."),
    Setting(
        "HTTP_PRIVATE_NETWORKS",
        networks,
        (),
        "Networks of one's own that addresses from users (webhooks, push) may lead to; none by default.",
    ),
    Setting("METRICS_TOKEN", text, "", "Bearer token that /metrics asks for; empty: open."),
    Setting("SENTRY_DSN", text, "", "Where errors are reported (needs the package sentry-sdk)."),
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", text, "", "Where traces go (needs the OpenTelemetry packages)."),
)


def load(environ: Mapping[str, str] = os.environ, overrides: Mapping[str, object] | None = None) -> dict[str, object]:
    """Every setting by name. ``overrides`` are ready values and win over the environment."""
    overrides = overrides or {}
    values = {s.name: overrides.get(s.name, read(s, environ)) for s in SETTINGS} | dict(overrides)
    if values["APP_ENV"] == "production":
        refuse_development_defaults(values)
    if not values["REDIS_VERIFY"]:
        values["REDIS_URL"] = without_verification(str(values["REDIS_URL"]))
    return values


def read(setting: Setting, environ: Mapping[str, str]) -> object:
    raw = environ.get(setting.name, "")
    if not raw.strip():
        return setting.default
    try:
        return setting.parse(raw)
    except ValueError as error:
        raise BadSetting(f"Setting {setting.name} {error}.") from None


def refuse_development_defaults(values: Mapping[str, object]) -> None:
    refuse_defaults(SETTINGS, values)
    if DEVELOPMENT_SECRET in (values["SECRET_KEY"], *values["JWT_KEYS"]):  # type: ignore[misc]
        raise BadSetting("The development secret must not be deployed: set SECRET_KEY and JWT_KEYS.")


def refuse_defaults(settings: Iterable[Setting], values: Mapping[str, object]) -> None:
    for setting in settings:
        if setting.required_in_production and values[setting.name] == setting.default:
            raise BadSetting(f"Setting {setting.name} is missing, or is the development default: production needs its own. {setting.help}")


def stage_settings(stage: str, declared: Mapping[str, object]) -> list[Setting]:
    """A stage's settings: each a :class:`Setting`, or a default whose type says how the environment's text is read.

    Raises BadSetting for a name without the stage's prefix.
    """
    parsers: dict[type, Callable[[str], object]] = {bool: switch, int: whole(0, 10**12), str: text, tuple: words}
    found = []
    for name, value in declared.items():
        if not name.startswith(f"{stage.upper()}_"):
            raise BadSetting(f"Stage {stage} has a setting {name}, which must begin with {stage.upper()}_.")
        if isinstance(value, Setting) and value.name != name:
            raise BadSetting(f"Stage {stage} has a setting {name}, which calls itself {value.name}.")
        found.append(value if isinstance(value, Setting) else Setting(name, parsers[type(value)], value, f"Setting of stage {stage}."))
    return found


def read_stage_settings(stage: str, declared: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """The values of a stage's settings by name; in production not the defaults of those that it asks for."""
    found = stage_settings(stage, declared)
    values = {setting.name: read(setting, environ) for setting in found}
    if environ.get("APP_ENV") == "production":
        refuse_defaults(found, values)
    return values


def key_id(key: str) -> str:
    """The ``kid`` of a signing secret: says which one it is without saying what it is."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"z2h-kid").hexdigest()
