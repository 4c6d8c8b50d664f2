"""Web push: encrypted for one browser (RFC 8291), signed by us (RFC 8292), taken by a push service that the browser chose.

Its address therefore comes from users and is treated as such: :mod:`app.http` refuses what leads inside.
"""

import base64
import logging
import uuid
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from app import http
from app.extensions import db
from app.notifications.channels import vapid
from app.notifications.channels.base import Message, Outcome, retry_after
from app.notifications.models import Subscription

log = logging.getLogger(__name__)

LARGEST = 3_000
"""Bytes of a payload; push services promise 4,096 with the encryption's overhead."""
KEPT = 86_400
"""Seconds for which a push service keeps it for a browser that is off."""


class PushChannel:
    def targets(self, account_id: uuid.UUID) -> Sequence[str]:
        mine = sa.select(Subscription.id).where(Subscription.account_id == account_id).order_by(Subscription.id)
        return [str(found) for found in db.session.scalars(mine)]

    def deliver(self, message: Message, recipient: str) -> Outcome:
        mine = (Subscription.id == uuid.UUID(recipient), Subscription.account_id == message.account_id)
        subscription = db.session.scalars(sa.select(Subscription).where(*mine)).one_or_none()
        if subscription is None:
            return Outcome("gone", "the browser was removed")
        host = urlsplit(subscription.endpoint).hostname
        try:
            reply = http.request(
                "POST",
                subscription.endpoint,
                service=f"push:{host}",
                headers=headers(message, subscription.endpoint),
                body=encrypted(payload(message), subscription),
                most=10_000,
            )
        except http.Refused as error:
            return self.forget(subscription, str(error))
        except http.Away as error:
            return Outcome("later", str(error))
        return self.judged(reply, subscription)

    def judged(self, reply: http.Reply, subscription: Subscription) -> Outcome:
        """RFC 8030: 404 and 410 say that the subscription is over."""
        if reply.status in {404, 410}:
            return self.forget(subscription, f"{reply.status}: the subscription is over")
        if reply.status == 429 or reply.status >= 500:
            return Outcome("later", f"{reply.status} from the push service", retry_after(reply))
        return Outcome("sent" if 200 <= reply.status < 300 else "failed", f"{reply.status} from the push service")

    @staticmethod
    def forget(subscription: Subscription, why: str) -> Outcome:
        db.session.delete(subscription)
        db.session.flush()
        return Outcome("gone", why)


def headers(message: Message, endpoint: str) -> dict[str, str]:
    return {
        "Authorization": vapid.authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT),
        "Urgency": "high" if message.urgent else "normal",
        # A newer one takes the place of one that the browser has not fetched yet: 32 characters at most.
        "Topic": message.notification_id.hex,
    }


def payload(message: Message) -> bytes:
    """JSON that the service worker shows. What is too long loses the end of its body, then its link, then the end of its title."""
    said = {
        "id": str(message.notification_id),
        "kind": message.kind,
        "title": message.title,
        "body": message.body,
        "link": message.link,
        "count": message.count,
        "sequence": message.sequence,
    }
    for shorter in ({}, {"body": ""}, {"body": "", "link": None}, {"body": "", "link": None, "title": message.title[:100]}):
        if len(orjson.dumps(said | shorter)) <= LARGEST:
            said |= {name: value for name, value in shorter.items() if name != "body"}
            return orjson.dumps(said | {"body": longest(said)})
    raise ValueError("A notification's kind is longer than a push can be.")


def longest(said: Mapping[str, Any]) -> str:
    """As much of the body as fits; a character takes one to six bytes."""
    body = str(said["body"])
    if len(orjson.dumps(said)) <= LARGEST:
        return body
    sizes = range(len(body) + 1)
    return body[: bisect_right(sizes, LARGEST, key=lambda size: len(orjson.dumps({**said, "body": body[:size]}))) - 1]


def encrypted(data: bytes, subscription: Subscription) -> bytes:
    # Imported where it is needed: it brings requests and aiohttp, which no web process uses.
    from pywebpush import WebPusher

    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    return WebPusher({"endpoint": subscription.endpoint, "keys": keys}).encode(data)["body"]


def on_the_curve(p256dh: str) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(p256dh.rstrip("=") + "="))
    except ValueError:
        return False
    return True
