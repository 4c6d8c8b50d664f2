"""Talking to people: mail, and what happened to them, in the app and outside. Import from here, not from the files inside."""

from app.notifications.inbox import notify
from app.notifications.kinds import Kind
from app.notifications.mail_service import BadAddress, send_mail

__all__ = ["BadAddress", "Kind", "notify", "send_mail"]
