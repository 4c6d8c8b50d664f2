"""Browsers, webhooks and the phone of each person."""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app import http
from app.access import Actor
from app.db import Search, bind, new_id, unit_of_work
from app.errors import Conflict, Forbidden, NotFound, Unavailable
from app.extensions import db
from app.notifications.channels import push
from app.notifications.channels.sms import sender
from app.notifications.channels.webhook import new_secret
from app.notifications.models import Inbox, Phone, Subscription, TextMessage, Webhook

MOST_BROWSERS, MOST_WEBHOOKS = 20, 5
CODE_LIFE = dt.timedelta(minutes=10)
GUESSES = 5
BETWEEN_CODES = dt.timedelta(minutes=1)

SUBSCRIPTIONS = Search(
    columns=(Subscription.id, Subscription.endpoint, Subscription.user_agent, Subscription.created_at),
    where=lambda: (Subscription.account_id == bind("account_id", Subscription.account_id),),
    key=Subscription.id,
)
WEBHOOKS = Search(
    columns=(Webhook.id, Webhook.url, Webhook.created_at, Webhook.disabled_at),
    where=lambda: (Webhook.account_id == bind("account_id", Webhook.account_id),),
    key=Webhook.id,
)
TEXTS = Search(
    columns=(TextMessage.id, TextMessage.account_id, TextMessage.number, TextMessage.text, TextMessage.created_at),
    where=lambda: (),
    key=TextMessage.id,
)


class NoSuchSubscription(NotFound):
    title = "There is no such browser."


class NoSuchWebhook(NotFound):
    title = "There is no such webhook."


class TooManyWebhooks(Conflict):
    title = "There are as many webhooks as there can be."


class ForbiddenAddress(Forbidden):
    title = "This service sends nothing to that address."


class InsecureAddress(Forbidden):
    title = "The address must begin with https://."


class NoSuchCurvePoint(Conflict):
    title = "The browser's key is none."


class WrongCode(Forbidden):
    title = "That is not the code, or it has expired."


class CodeJustSent(Conflict):
    title = "A code was sent a moment ago. Wait a minute."


class NoTextMessages(Unavailable):
    title = "The SMS could not be sent right now."


# ---- browsers


def subscribe(endpoint: str, p256dh: str, auth: str, user_agent: str, *, by: Actor) -> Subscription:
    """The browser takes push for me; if it was somebody else's, it is theirs no more. Of too many the oldest go."""
    checked(endpoint, "/endpoint")
    if not push.on_the_curve(p256dh):
        raise NoSuchCurvePoint(errors={"/keys/p256dh": "Must be a point of the curve P-256."})
    lock(by)
    row = {"account_id": by.user_id, "p256dh": p256dh, "auth": auth, "user_agent": user_agent}
    put = insert(Subscription).values(id=new_id(), endpoint=endpoint, **row)
    put = put.on_conflict_do_update(index_elements=["endpoint"], set_=row).returning(Subscription)
    made = db.session.scalars(put, execution_options={"populate_existing": True}).one()
    newest = sa.select(Subscription.id).where(Subscription.account_id == by.user_id).order_by(Subscription.id.desc()).limit(MOST_BROWSERS)
    too_many = (Subscription.account_id == by.user_id, Subscription.id.not_in(newest), Subscription.id != made.id)
    db.session.execute(sa.delete(Subscription).where(*too_many).execution_options(synchronize_session=False))
    return made


def subscriptions(*, by: Actor):
    return SUBSCRIPTIONS.listing({}, sort="-", account_id=by.user_id)


def unsubscribe(subscription_id: uuid.UUID, *, by: Actor) -> None:
    mine = (Subscription.id == subscription_id, Subscription.account_id == by.user_id)
    if db.session.scalar(sa.delete(Subscription).where(*mine).returning(Subscription.id)) is None:
        raise NoSuchSubscription()


# ---- webhooks


def add_webhook(url: str, *, by: Actor) -> Webhook:
    """Raises ForbiddenAddress, InsecureAddress, TooManyWebhooks."""
    checked(url, "/url")
    lock(by)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Webhook).where(Webhook.account_id == by.user_id))
    if (count or 0) >= MOST_WEBHOOKS:
        raise TooManyWebhooks(most=MOST_WEBHOOKS)
    made = Webhook(id=new_id(), account_id=by.user_id, url=url, secret=new_secret())
    db.session.add(made)
    db.session.flush()
    db.session.refresh(made)
    return made


def webhooks(*, by: Actor):
    return WEBHOOKS.listing({}, sort="-", account_id=by.user_id)


def mine(webhook_id: uuid.UUID, *, by: Actor) -> Webhook:
    wanted = sa.select(Webhook).where(Webhook.id == webhook_id, Webhook.account_id == by.user_id)
    found = db.session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        raise NoSuchWebhook()
    return found


def renew_secret(webhook_id: uuid.UUID, *, by: Actor) -> Webhook:
    """A new secret; the old one signs no more, and a webhook that was switched off is on again."""
    found = mine(webhook_id, by=by)
    found.secret, found.disabled_at = new_secret(), None
    db.session.flush()
    return found


def remove_webhook(webhook_id: uuid.UUID, *, by: Actor) -> None:
    db.session.delete(mine(webhook_id, by=by))
    db.session.flush()


# ---- the phone


def phone(*, by: Actor) -> dict[str, Any]:
    found = db.session.get(Phone, by.user_id, populate_existing=True)
    return {"number": found.number if found else None, "verified": bool(found and found.verified_at)}


def set_phone(number: str, *, by: Actor) -> dict[str, Any]:
    """Send a code there. Raises CodeJustSent, NoTextMessages."""
    assert by.user_id is not None
    lock(by)
    found = db.session.get(Phone, by.user_id, populate_existing=True)
    now = dt.datetime.now(dt.UTC)
    if just_sent(found):
        raise CodeJustSent()
    code = f"{secrets.randbelow(10**6):06}"
    if found is None:
        found = Phone(account_id=by.user_id)
        db.session.add(found)
    found.number, found.verified_at, found.guesses = number, None, 0
    found.code_hash, found.code_expires_at = hashed(by.user_id, code), now + CODE_LIFE
    db.session.flush()
    if sender().send(by.user_id, number, f"{code} is your code. It holds for ten minutes.").outcome != "sent":
        raise NoTextMessages()
    return phone(by=by)


def confirm_phone(code: str, *, by: Actor) -> dict[str, Any]:
    """Raises WrongCode. A wrong guess counts although it is refused, hence the unit of work of its own."""
    with unit_of_work():
        right = guess(code, by=by)
    if not right:
        raise WrongCode()
    return phone(by=by)


def guess(code: str, *, by: Actor) -> bool:
    assert by.user_id is not None
    lock(by)
    found = db.session.get(Phone, by.user_id, populate_existing=True)
    if found is None or found.code_hash is None or found.code_expires_at is None:
        return False
    fresh = found.code_expires_at > dt.datetime.now(dt.UTC) and found.guesses < GUESSES
    right = hmac.compare_digest(found.code_hash, hashed(by.user_id, code))
    found.guesses += 1
    if fresh and right:
        found.verified_at, found.code_hash = dt.datetime.now(dt.UTC), None
    db.session.flush()
    return fresh and right


def forget_phone(*, by: Actor) -> None:
    """Raises CodeJustSent: to forget a number must be no way to have codes sent faster."""
    lock(by)
    if just_sent(db.session.get(Phone, by.user_id, populate_existing=True)):
        raise CodeJustSent()
    db.session.execute(sa.delete(Phone).where(Phone.account_id == by.user_id))


def just_sent(found: Phone | None) -> bool:
    unverified = found is not None and found.verified_at is None and found.code_expires_at is not None
    return unverified and found.code_expires_at > dt.datetime.now(dt.UTC) + CODE_LIFE - BETWEEN_CODES  # type: ignore[union-attr]


def hashed(account_id: uuid.UUID, code: str) -> bytes:
    # Six digits are soon tried through: without the service's own secret the stored hash says nothing.
    return hmac.new(current_app.config["SECRET_KEY"].encode(), account_id.bytes + code.encode(), hashlib.sha256).digest()


def texts():
    return TEXTS.listing({}, sort="-")


# ---- both


def checked(url: str, pointer: str) -> None:
    """The form of an address that a user gave; where its name leads is looked at each time anew. Raises ForbiddenAddress, InsecureAddress."""
    try:
        http.check(url)
    except (http.Refused, http.Away) as error:
        raise ForbiddenAddress(errors={pointer: str(error)}) from None
    if current_app.config["APP_ENV"] == "production" and not url.startswith("https://"):
        raise InsecureAddress(errors={pointer: "Must begin with https://."})


def lock(by: Actor) -> None:
    """One change of a person's endpoints after the other, so that nobody gets past what they may have."""
    db.session.execute(insert(Inbox).values(account_id=by.user_id).on_conflict_do_nothing())
    db.session.execute(sa.select(Inbox.account_id).where(Inbox.account_id == by.user_id).with_for_update())
