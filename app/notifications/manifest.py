"""Notifications as a core stage: always on."""

from flask import Flask

from app.accounts import UserDeleted
from app.config import BadSetting, Setting, text
from app.notifications import deliveries, inbox, mail_service, settings
from app.notifications.mail_delivery import deliver_mail, purge_mail
from app.notifications.person import export
from app.notifications.views import endpoints as endpoint_views
from app.notifications.views import inbox as inbox_views
from app.notifications.views import outbox as outbox_views
from app.realtime import Stream
from app.stages import Stage


def forget(event: UserDeleted) -> None:
    """A person is gone: so are their mail, that an address of theirs bounced, their notifications and every way to reach them."""
    mail_service.forget_mail(event.user_id)
    inbox.forget(event.user_id)


stage = Stage(
    name="notifications",
    summary="Mail and notifications",
    blueprints=[inbox_views.bp, endpoint_views.bp, outbox_views.bp],
    permissions={
        "notifications.read": "See your notifications and how they reach you",
        "notifications.write": "Mark your notifications as read, and choose how they reach you",
        "notifications.read_outbox": "Read the mail and SMS that this service has sent or kept",
    },
    grants={"user": ["notifications.read", "notifications.write"]},
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
        "NOTIFICATIONS_TWILIO_ACCOUNT_SID": Setting(
            "NOTIFICATIONS_TWILIO_ACCOUNT_SID", text, "", "Account with which Twilio sends SMS; empty: they are kept and listed, not sent."
        ),
        "NOTIFICATIONS_TWILIO_AUTH_TOKEN": Setting("NOTIFICATIONS_TWILIO_AUTH_TOKEN", text, "", "Password of that account."),
        "NOTIFICATIONS_TWILIO_FROM": Setting("NOTIFICATIONS_TWILIO_FROM", text, "", "Number that SMS come from."),
        "NOTIFICATIONS_TWILIO_URL": Setting("NOTIFICATIONS_TWILIO_URL", text, "https://api.twilio.com", "Where Twilio's API is."),
    },
    listens={"accounts.user_deleted": forget},
    streams=[Stream(inbox.STREAM, "notifications.read", head=inbox.head, since=inbox.since)],
    background=[deliver_mail, purge_mail, deliveries.deliver, deliveries.purge],
    export=export,
)


def init_app(app: Flask) -> None:
    """Raises BadSetting where mail would be sent whose links lead nowhere."""
    if app.config["APP_ENV"] == "production" and app.config["NOTIFICATIONS_SMTP_URL"] and not app.config["PUBLIC_URL"]:
        raise BadSetting("Setting PUBLIC_URL is missing: the links in mail are built from it.")
    twilio = [app.config[f"NOTIFICATIONS_TWILIO_{name}"] for name in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM")]
    if any(twilio) and not all(twilio):
        raise BadSetting(
            "Twilio needs all of NOTIFICATIONS_TWILIO_ACCOUNT_SID, NOTIFICATIONS_TWILIO_AUTH_TOKEN and NOTIFICATIONS_TWILIO_FROM."
        )
