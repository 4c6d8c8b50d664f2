"""What was written to a person and how they are reached, for their archive.

What mail and SMS said is not kept, or may hold secret links and codes; addresses of push services and keys are secrets themselves.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.notifications.models import channels, inbox
from app.notifications.models.mail import Mail

KNOWN = {
    "mail": (Mail, ("id", "recipient", "template", "subject", "state", "created_at", "done_at")),
    "notifications": (inbox.Notification, ("id", "kind", "title", "body", "link", "data", "read_at", "created_at")),
    "preferences": (inbox.Preference, ("kind", "channel", "wanted")),
    "quiet_hours": (inbox.Inbox, ("quiet_zone", "quiet_from", "quiet_until")),
    "phone": (channels.Phone, ("number", "verified_at")),
    "sms": (channels.TextMessage, ("id", "number", "created_at")),
    "webhooks": (channels.Webhook, ("id", "url", "created_at", "disabled_at")),
    "push": (channels.Subscription, ("id", "user_agent", "created_at")),
}


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    return {name: rows(kind, columns, account_id) for name, (kind, columns) in KNOWN.items()}


def rows(kind: Any, columns: Iterable[str], account_id: uuid.UUID) -> Iterable[Any]:
    wanted = sa.select(*(getattr(kind, name) for name in columns)).where(kind.account_id == account_id)
    return db.session.execute(wanted.order_by(*sa.inspect(kind).primary_key))
