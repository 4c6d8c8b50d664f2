"""Notifications as a core stage: always on."""

from flask import Flask

from app.accounts import UserDeleted
from app.config import BadSetting, Setting
from app.notifications import mail_service, settings
from app.notifications.mail_delivery import deliver_mail, purge_mail
from app.notifications.views import bp
from app.stages import Stage


def forget(event: UserDeleted) -> None:
    """A person is gone: so is their mail, and that an address of theirs bounced."""
    mail_service.forget_mail(event.user_id)


stage = Stage(
    name="notifications",
    summary="Mail and notifications",
    blueprints=[bp],
    permissions={"notifications.read_outbox": "Read the mail that this service has sent or kept"},
    settings={
        "NOTIFICATIONS_SMTP_URL": Setting(
            "NOTIFICATIONS_SMTP_URL",
            settings.mail_server,
            None,
            "Mail server, smtp://user:password@host:587 (STARTTLS) or smtps://…:465; empty: mail is kept and listed, not sent.",
        ),
        "NOTIFICATIONS_MAIL_FROM": Setting(
            "NOTIFICATIONS_MAIL_FROM", settings.sender, "Zero2Hero <no-reply@localhost>", "Whom mail comes from."
        ),
        "NOTIFICATIONS_LOCALE": Setting("NOTIFICATIONS_LOCALE", settings.locale, "en", "Language of mail and notifications."),
    },
    listens={"accounts.user_deleted": forget},
    background=[deliver_mail, purge_mail],
)


def init_app(app: Flask) -> None:
    """Raises BadSetting where mail would be sent whose links lead nowhere."""
    if app.config["APP_ENV"] == "production" and app.config["NOTIFICATIONS_SMTP_URL"] and not app.config["PUBLIC_URL"]:
        raise BadSetting("Setting PUBLIC_URL is missing: the links in mail are built from it.")
