"""Tables of mail, of what is shown to people, and of the ways to reach them."""

from app.notifications.models.channels import Delivery, DeliveryAttempt, Key, Phone, Subscription, TextMessage, Webhook
from app.notifications.models.inbox import Inbox, Notification, Preference
from app.notifications.models.mail import MAIL_STATES, Bounce, Mail, MailAttempt

__all__ = [
    "MAIL_STATES",
    "Bounce",
    "Delivery",
    "DeliveryAttempt",
    "Inbox",
    "Key",
    "Mail",
    "MailAttempt",
    "Notification",
    "Phone",
    "Preference",
    "Subscription",
    "TextMessage",
    "Webhook",
]
