"""Talking to people: mail. Import from here, not from the files inside."""

from app.notifications.mail_service import BadAddress, send_mail

__all__ = ["BadAddress", "send_mail"]
