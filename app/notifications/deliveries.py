"""Notifications on their way: a row for each channel and target, made by a worker, tried again, written down."""

import datetime as dt
import logging
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.access import Actor
from app.background import background
from app.db import Search, bind, new_id
from app.extensions import db
from app.notifications import inbox, preferences, templates
from app.notifications.channels import CHANNELS, Message, Outcome
from app.notifications.kinds import LOUD, Kind
from app.notifications.models import Delivery, DeliveryAttempt, Notification, TextMessage

log = logging.getLogger(__name__)

ATTEMPTS = 10
FIRST_PAUSE, LONGEST_PAUSE = 10, 6 * 3600
"""Seconds; the pause triples, so that ten attempts take about a day."""
KEPT, SHOWN = dt.timedelta(days=180), dt.timedelta(days=7)

DELIVERIES = Search(
    columns=(
        Delivery.id, Delivery.channel, Delivery.target, Delivery.state, Delivery.attempts, Delivery.error, Delivery.created_at,
        Delivery.done_at,
    ),
    where=lambda: (Delivery.notification_id == bind("notification_id", Delivery.notification_id),),
    key=Delivery.id,
)  # fmt: skip


def set_out(notification: Notification, kind: Kind, channel: str) -> None:
    """One delivery to each of the person's targets, unless one waits already: it will say what is true then."""
    not_before = preferences.not_before(notification.account_id, kind, channel)
    for target in CHANNELS[channel].targets(notification.account_id):
        row = {"id": new_id(), "notification_id": notification.id, "channel": channel, "target": target, "state": "waiting", "attempts": 0}
        waiting = {"index_elements": ["notification_id", "channel", "target"], "index_where": Delivery.state == "waiting"}
        made = db.session.execute(insert(Delivery).values(row).on_conflict_do_nothing(**waiting).returning(Delivery.id)).scalar()
        if made is not None:
            deliver.enqueue(run_at=not_before, delivery_id=str(made))


@background("notifications.deliver")
def deliver(delivery_id: str) -> None:
    """Tell somebody through one channel. At least once: after a crash in the wrong moment, twice with the same id."""
    waiting = sa.select(Delivery).where(Delivery.id == uuid.UUID(delivery_id), Delivery.state == "waiting")
    delivery = db.session.scalars(waiting.with_for_update()).one_or_none()
    if delivery is None:
        return
    notification = db.session.get_one(Notification, delivery.notification_id, populate_existing=True)
    kind = preferences.kinds().get(notification.kind)
    if kind is None or delivery.channel not in preferences.wanted(notification.account_id, kind):
        finish(delivery, "skipped", "not wanted any more")
    elif delivery.channel in LOUD and notification.read_at is not None:
        finish(delivery, "skipped", "read meanwhile")
    else:
        note(delivery, CHANNELS[delivery.channel].deliver(message(delivery, notification, kind), delivery.target))


def message(delivery: Delivery, notification: Notification, kind: Kind) -> Message:
    link = notification.link
    return Message(
        delivery_id=delivery.id,
        notification_id=notification.id,
        account_id=notification.account_id,
        kind=notification.kind,
        title=notification.title,
        body=notification.body,
        link=templates.url(link) if link is not None and link.startswith("/") else link,
        count=notification.count,
        sequence=notification.sequence,
        data=notification.data,
        at=notification.updated_at,
        urgent=kind.urgent,
    )


def note(delivery: Delivery, outcome: Outcome) -> None:
    """Write down how an attempt ended, and try again later where that can help."""
    delivery.attempts += 1
    detail = outcome.detail[:250]
    db.session.add(DeliveryAttempt(delivery_id=delivery.id, number=delivery.attempts, outcome=outcome.outcome, detail=detail))
    log.info("notification %s: %s %s", delivery.notification_id, delivery.channel, outcome.outcome)
    if outcome.outcome != "later":
        finish(delivery, outcome.outcome, detail)
    elif delivery.attempts >= ATTEMPTS:
        finish(delivery, "failed", detail)
    else:
        delivery.error = detail
        pause = max(min(FIRST_PAUSE * 3 ** (delivery.attempts - 1), LONGEST_PAUSE), outcome.after)
        deliver.enqueue(run_at=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=pause), delivery_id=str(delivery.id))


def finish(delivery: Delivery, state: str, detail: str) -> None:
    delivery.state, delivery.error, delivery.done_at = state, detail or None, dt.datetime.now(dt.UTC)
    db.session.flush()


def of_notification(notification_id: uuid.UUID, *, by: Actor):
    """What became of my notification outside of the app. Raises NoSuchNotification."""
    mine = sa.select(Notification.id).where(Notification.id == notification_id, Notification.account_id == by.user_id)
    if db.session.scalar(mine) is None:
        raise inbox.NoSuchNotification()
    return DELIVERIES.listing({}, sort="", notification_id=notification_id)


@background("notifications.purge", every=dt.timedelta(hours=1))
def purge() -> None:
    """Forget notifications half a year after their last occurrence, and texts that were never sent after a week."""
    now = sa.func.now()
    db.session.execute(sa.delete(Notification).where(Notification.updated_at < now - KEPT))
    db.session.execute(sa.delete(TextMessage).where(TextMessage.created_at < now - SHOWN))
