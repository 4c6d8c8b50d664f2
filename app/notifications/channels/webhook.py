"""Signed webhooks in the form of https://www.standardwebhooks.com (v1: HMAC-SHA256 of id, time and body)."""

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson
import sqlalchemy as sa

from app import http
from app.extensions import db
from app.notifications.channels.base import Message, Outcome, retry_after
from app.notifications.models import Webhook

PREFIX = "whsec_"


class WebhookChannel:
    def targets(self, account_id: uuid.UUID) -> Sequence[str]:
        mine = sa.select(Webhook.id).where(Webhook.account_id == account_id, Webhook.disabled_at.is_(None)).order_by(Webhook.id)
        return [str(found) for found in db.session.scalars(mine)]

    def deliver(self, message: Message, recipient: str) -> Outcome:
        mine = (Webhook.id == uuid.UUID(recipient), Webhook.account_id == message.account_id, Webhook.disabled_at.is_(None))
        hook = db.session.scalars(sa.select(Webhook).where(*mine)).one_or_none()
        if hook is None:
            return Outcome("gone", "the webhook was removed or switched off")
        body = payload(message)
        try:
            reply = http.request(
                "POST",
                hook.url,
                service=f"webhook:{urlsplit(hook.url).hostname}",
                headers={"Content-Type": "application/json", **signature(hook.secret, str(message.delivery_id), body)},
                body=body,
                most=10_000,
            )
        except http.TooLarge:
            return Outcome("failed", "the answer was too large")
        except http.Refused as error:
            return Outcome("failed", str(error))
        except http.Away as error:
            return Outcome("later", str(error))
        if reply.status == 410:
            hook.disabled_at = sa.func.now()
            return Outcome("gone", "410: the endpoint asked to be left alone")
        if 200 <= reply.status < 300:
            return Outcome("sent", str(reply.status))
        return Outcome("later", f"{reply.status} from the endpoint", retry_after(reply))


def payload(message: Message) -> bytes:
    said = {
        "id": str(message.notification_id),
        "title": message.title,
        "body": message.body,
        "link": message.link,
        "count": message.count,
        "details": dict(message.data),
    }
    return orjson.dumps({"type": message.kind, "timestamp": message.at.isoformat(), "data": said})


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The three headers. Receivers refuse timestamps that are more than some minutes off, and ids that they know."""
    timestamp = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
