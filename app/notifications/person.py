"""What was written to a person and how, for their archive. What mail said is not kept, for it may hold secret links."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.notifications.inbox import COLUMNS
from app.notifications.models import Inbox, Mail, Notification, Phone, Preference, Subscription, Webhook

MAIL = (Mail.id, Mail.recipient, Mail.template, Mail.subject, Mail.state, Mail.created_at, Mail.done_at)
PARTS = {
    "mail": (Mail, MAIL, Mail.id),
    "notifications": (Notification, COLUMNS, Notification.position),
    "preferences": (Preference, (Preference.kind, Preference.channel, Preference.wanted), Preference.kind),
    "quiet_hours": (Inbox, (Inbox.quiet_zone, Inbox.quiet_from, Inbox.quiet_until), Inbox.account_id),
    "browsers": (Subscription, (Subscription.endpoint, Subscription.user_agent, Subscription.created_at), Subscription.id),
    "webhooks": (Webhook, (Webhook.url, Webhook.created_at, Webhook.disabled_at), Webhook.id),
    "phone": (Phone, (Phone.number, Phone.verified_at), Phone.account_id),
}


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    """Rows by name. Neither the secrets that sign webhooks nor the keys of browsers."""
    return {
        name: db.session.execute(sa.select(*columns).where(model.account_id == account_id).order_by(order))
        for name, (model, columns, order) in PARTS.items()
    }
