"""By SMS, to a number whose owner typed in the code that was sent there. Twilio sends it; without its settings nobody does."""

import base64
import uuid
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote, urlencode

import orjson
import sqlalchemy as sa
from flask import current_app

from app import http
from app.extensions import db
from app.notifications.channels.base import Message, Outcome, retry_after
from app.notifications.models import Phone, TextMessage

LONGEST = 480
"""Characters: three parts of an SMS. Each part costs."""
NO_SUCH_NUMBER = frozenset({21211, 21214, 21217, 21610, 21612, 21614})
"""Twilio's codes for numbers that take no SMS, or none of ours any more."""


class Sender(Protocol):
    def send(self, account_id: uuid.UUID, number: str, text: str) -> Outcome: ...


class Twilio:
    """https://www.twilio.com/docs/messaging/api/message-resource"""

    def send(self, account_id: uuid.UUID, number: str, text: str) -> Outcome:
        config = current_app.config
        sid, token = config["NOTIFICATIONS_TWILIO_ACCOUNT_SID"], config["NOTIFICATIONS_TWILIO_AUTH_TOKEN"]
        basic = base64.b64encode(f"{sid}:{token}".encode()).decode()
        try:
            reply = http.request(
                "POST",
                f"{config['NOTIFICATIONS_TWILIO_URL']}/2010-04-01/Accounts/{quote(sid)}/Messages.json",
                service="twilio",
                headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode({"To": number, "From": config["NOTIFICATIONS_TWILIO_FROM"], "Body": text}).encode(),
                private=True,
            )
        except http.Away as error:
            return Outcome("later", str(error))
        if reply.status == 201:
            return Outcome("sent")
        if reply.status in {401, 403, 429} or reply.status >= 500:
            # The operator's mistake, or the moment's: it waits.
            return Outcome("later", f"{reply.status} from Twilio", retry_after(reply))
        return Outcome(
            "gone" if code_of(reply.body) in NO_SUCH_NUMBER else "failed", f"{reply.status}, code {code_of(reply.body)} from Twilio"
        )


class Nobody:
    """The stand-in without Twilio's settings: keeps the text here, and says that it was not sent."""

    def send(self, account_id: uuid.UUID, number: str, text: str) -> Outcome:
        db.session.add(TextMessage(account_id=account_id, number=number, text=text))
        db.session.flush()
        return Outcome("sent", "kept here: no SMS service is set, so nothing was sent")


def sender() -> Sender:
    return Twilio() if current_app.config["NOTIFICATIONS_TWILIO_ACCOUNT_SID"] else Nobody()


def code_of(body: bytes) -> int | None:
    try:
        found = orjson.loads(body)
    except ValueError:
        return None
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, int) else None


class SmsChannel:
    def targets(self, account_id: uuid.UUID) -> Sequence[str]:
        verified = sa.select(Phone.account_id).where(Phone.account_id == account_id, Phone.verified_at.is_not(None))
        return [str(found) for found in db.session.scalars(verified)]

    def deliver(self, message: Message, recipient: str) -> Outcome:
        phone = db.session.get(Phone, message.account_id, populate_existing=True)
        if phone is None or phone.verified_at is None:
            return Outcome("gone", "the number was removed")
        text = "\n".join(part for part in (message.title, message.body, message.link) if part)
        outcome = sender().send(message.account_id, phone.number, text[:LONGEST])
        if outcome.outcome == "gone":
            phone.verified_at = None
        return outcome
