"""Ways to tell somebody outside of the app. Each is a :class:`Channel`."""

from app.notifications.channels.base import Channel, Message, Outcome
from app.notifications.channels.mail import MailChannel
from app.notifications.channels.push import PushChannel
from app.notifications.channels.sms import SmsChannel
from app.notifications.channels.webhook import WebhookChannel

CHANNELS: dict[str, Channel] = {"mail": MailChannel(), "sms": SmsChannel(), "push": PushChannel(), "webhook": WebhookChannel()}

__all__ = ["CHANNELS", "Channel", "Message", "Outcome"]
