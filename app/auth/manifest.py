"""Signing in as a core stage: always on."""

from flask import Flask

from app.auth import bearer, captcha, known, passwords, recovery_views, sessions
from app.auth.events import AccountRecovered
from app.auth.export import export
from app.auth.factors import forget as factors_of
from app.auth.factors import purge as unfinished
from app.auth.factors import views as factors
from app.auth.forget import forget as forget_person
from app.auth.purge import PURGES
from app.auth.recovery import mail_reset
from app.auth.social import identities
from app.auth.social import settings as social
from app.auth.social import views as social_views
from app.auth.verification import send_again
from app.auth.views import bp, own
from app.auth.ways import register_ways
from app.config import Setting, one_of, text, whole, words
from app.stages import ROLES, Stage


def roles(value: str) -> frozenset[str]:
    found = frozenset(words(value))
    if unknown := sorted(found - set(ROLES)):
        raise ValueError(f"must name roles ({', '.join(ROLES)}), not {unknown[0]}")
    return found


SETTINGS = (
    Setting(
        "AUTH_VERIFICATION",
        one_of("required", "optional"),
        "optional",
        "Whether an account can be used before its address is confirmed; required also hides which addresses have one.",
    ),
    Setting(
        "AUTH_CAPTCHA",
        one_of("auto", "off", "altcha", "turnstile", "hcaptcha", "recaptcha"),
        "auto",
        "What tells people from robots; auto: altcha, our own proof of work, in production, and off elsewhere.",
    ),
    Setting("AUTH_CAPTCHA_COST", whole(1, 10_000_000), 5_000, "Iterations of each of about 256 derivations that a proof of work takes."),
    Setting("AUTH_CAPTCHA_SITE_KEY", text, "", "Public key of Turnstile, hCaptcha or reCAPTCHA."),
    Setting("AUTH_CAPTCHA_SECRET", text, "", "Secret of Turnstile, hCaptcha or reCAPTCHA."),
    Setting("AUTH_CAPTCHA_URL", text, "", "Where proofs are verified, if not at the service's own address."),
    Setting("AUTH_CAPTCHA_HOSTNAMES", words, (), "Sites whose proofs count; empty: those of PUBLIC_URL and CORS_ORIGINS."),
    Setting("AUTH_CAPTCHA_SCORE", whole(0, 100), 50, "Least score of a human, in percent, where the service gives one."),
    Setting(
        "AUTH_BREACHED_URL",
        text,
        "",
        "Where stolen passwords are asked for by the first five digits of their SHA-1, such as https://api.pwnedpasswords.com/range; "
        "empty: nowhere.",
    ),
    Setting("AUTH_SECOND_FACTOR_ROLES", roles, frozenset(), "Roles that must have a second factor, with commas between; none by default."),
)


def recovered(event: AccountRecovered) -> None:
    """What somebody else may have added as a way in goes, and the session of who used it meanwhile ends."""
    identities.forget_all(event.user_id)
    factors_of.forget_all(event.user_id)
    sessions.end_everything(event.user_id, "account recovered")


stage = Stage(
    name="auth",
    summary="Signing in, sessions and tokens",
    blueprints=[bp, own, recovery_views.bp, recovery_views.own, factors.bp, factors.own, social_views.bp, social_views.own],
    settings={setting.name: setting for setting in (*SETTINGS, *social.SETTINGS)},
    more_settings=social.of_issuers,
    emits=[AccountRecovered],
    listens={"accounts.user_deleted": forget_person, "auth.account_recovered": recovered},
    background=[*PURGES, send_again, mail_reset, unfinished.purge],
    export=export,
)


def init_app(app: Flask) -> None:
    known.init_app(app)
    passwords.init_app(app)
    bearer.init_app(app)
    app.extensions.update(refused_attempts={}, places={})


def settle(app: Flask) -> None:
    """What depends on settings of the manifest, which are read after :func:`init_app`."""
    captcha.init_app(app)
    social.init_app(app)
    register_ways("identity", identities.ways)


__all__ = ["init_app", "settle", "stage"]
