"""What happened to whom: rows with a number of the person's own, so that whoever was away misses nothing."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.access import Actor
from app.accounts import User
from app.db import Prepared, Search, bind, new_id
from app.errors import NotFound
from app.extensions import db
from app.notifications import preferences
from app.notifications.kinds import ONCE, Kind
from app.notifications.models import Inbox, Notification, Phone, Preference, Subscription, TextMessage, Webhook
from app.outbox import to_json
from app.realtime import ring

STREAM = "notifications.account"

COLUMNS = (
    Notification.id, Notification.sequence, Notification.position, Notification.kind, Notification.count, Notification.title,
    Notification.body, Notification.link, Notification.data, Notification.read_at, Notification.created_at, Notification.updated_at,
)  # fmt: skip

NOTIFICATIONS = Search(
    columns=COLUMNS,
    where=lambda: (Notification.account_id == bind("account_id", Notification.account_id), Notification.shown.is_(True)),
    filters={
        "unread": lambda value: Notification.read_at.is_(None) if value else Notification.read_at.is_not(None),
        "kind": (lambda value: Notification.kind == value, Notification.kind),
    },
    key=Notification.position,
)

SINCE = Prepared(
    lambda: (
        sa.select(*COLUMNS)
        .where(
            Notification.account_id == bind("account_id", Notification.account_id),
            Notification.sequence > bind("after", Notification.sequence),
            Notification.shown.is_(True),
        )
        .order_by(Notification.sequence)
        .limit(sa.bindparam("limit", type_=sa.Integer(), required=False))
    )
)


class NoSuchNotification(NotFound):
    title = "There is no such notification."


def notify(account_id: uuid.UUID, kind: str, data: Mapping[str, Any], *, group: str | None = None, link: str | None = None) -> None:
    """Tell somebody, in the open unit of work; how they hear of it is up to them. Nobody is told who is gone or disabled.

    What happens again with the same ``group``, before it was read, raises the count of the one notification. Locks the
    person's inbox: who tells several people in one transaction does so in the order of their ids. Raises LookupError for
    a kind that no manifest declares.
    """
    from app.notifications.deliveries import set_out

    declared = preferences.kinds().get(kind)
    if declared is None:
        raise LookupError(f"No manifest declares the notification {kind}.")
    plain = {name: to_json(value) for name, value in data.items()}
    channels = preferences.wanted(account_id, declared)
    sequence = next_sequence(account_id) if channels else None
    if sequence is None:
        return
    found = grouped(account_id, kind, group) if group is not None else None
    if found is None:
        found = Notification(id=new_id(), account_id=account_id, kind=kind, group_key=group, count=0)
        db.session.add(found)
    tell(found, declared, plain, link, sequence, shown="app" in channels)
    for channel in sorted(channels - {"app"}):
        if found.count == 1 or channel not in ONCE:
            set_out(found, declared, channel)
    ring(STREAM, account_id)


def tell(found: Notification, kind: Kind, data: Mapping[str, Any], link: str | None, sequence: int, *, shown: bool) -> None:
    found.count += 1
    found.title, found.body = kind.write(data, found.count, current_app.config["NOTIFICATIONS_LOCALE"])
    found.data, found.link, found.shown = dict(data), link, shown
    found.sequence = found.position = sequence
    found.updated_at = sa.func.now()
    db.session.flush()


def next_sequence(account_id: uuid.UUID, by: int = 1) -> int | None:
    """Locks the inbox until the transaction ends, which is what makes sequence order and commit order the same."""
    whose = sa.select(User.id, sa.literal(by)).where(User.id == account_id, User.disabled_at.is_(None))
    made = insert(Inbox).from_select(["account_id", "sequence"], whose)
    counted = made.on_conflict_do_update(index_elements=["account_id"], set_={"sequence": Inbox.sequence + by})
    return db.session.execute(counted.returning(Inbox.sequence)).scalar()


def grouped(account_id: uuid.UUID, kind: str, group: str) -> Notification | None:
    same = (Notification.account_id == account_id, Notification.kind == kind, Notification.group_key == group)
    wanted = sa.select(Notification).where(*same, Notification.read_at.is_(None)).execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


def listing(filters: Mapping[str, Any], *, by: Actor):
    """My notifications, what happened last first."""
    return NOTIFICATIONS.listing(filters, sort="-", account_id=by.user_id)


def summary(*, by: Actor) -> dict[str, int]:
    """How many are unread, and the sequence from which to subscribe."""
    unread = sa.select(sa.func.count()).select_from(Notification).where(
        Notification.account_id == by.user_id, Notification.shown, Notification.read_at.is_(None)
    )  # fmt: skip
    sequence = sa.select(Inbox.sequence).where(Inbox.account_id == by.user_id).scalar_subquery()
    row = db.session.execute(sa.select(sequence.label("sequence"), unread.scalar_subquery().label("unread"))).one()
    return {"sequence": row.sequence or 0, "unread": row.unread}


def mark(notification_id: uuid.UUID, *, read: bool, by: Actor) -> Notification:
    """Read or unread. Raises NoSuchNotification. An unread one of a group that has a newer one stays apart from it."""
    assert by.user_id is not None
    sequence = next_sequence(by.user_id)
    mine = (Notification.id == notification_id, Notification.account_id == by.user_id, Notification.shown)
    found = db.session.scalars(sa.select(Notification).where(*mine).execution_options(populate_existing=True)).one_or_none()
    if found is None or sequence is None:
        raise NoSuchNotification()
    if (found.read_at is not None) is read:
        return found
    if not read and found.group_key is not None and grouped(by.user_id, found.kind, found.group_key) is not None:
        found.group_key = None
    found.read_at = sa.func.now() if read else None
    found.sequence = sequence
    db.session.flush()
    db.session.refresh(found)
    ring(STREAM, by.user_id)
    return found


def mark_all(until: int, *, by: Actor) -> int:
    """Read all up to a position, so that what nobody has seen yet stays unread. Returns how many were unread."""
    assert by.user_id is not None
    head = next_sequence(by.user_id, 0)
    unread = (Notification.account_id == by.user_id, Notification.shown, Notification.read_at.is_(None), Notification.position <= until)
    order = sa.func.row_number().over(order_by=Notification.position).label("number")
    numbered = sa.select(Notification.id, order).where(*unread).subquery()
    changed = sa.update(Notification).where(Notification.id == numbered.c.id)
    changed = changed.values(read_at=sa.func.now(), sequence=(head or 0) + numbered.c.number)
    count = db.session.execute(changed.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    if count:
        next_sequence(by.user_id, count)
        ring(STREAM, by.user_id)
    return count


def head(account_id: uuid.UUID, by: Actor) -> int:
    """The newest sequence. Raises NotFound for everybody but the person themselves."""
    if by.user_id != account_id:
        raise NotFound("There is no such person here.")
    return summary(by=by)["sequence"]


def since(account_id: uuid.UUID, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """What subscribers receive: each notification that has changed, as it is now, in the order of the changes."""
    return [told(row) for row in SINCE.rows(account_id=account_id, after=after, limit=limit)]


def told(row: Any) -> dict[str, Any]:
    moments = {name: None if (at := getattr(row, name)) is None else at.isoformat(timespec="microseconds") for name in MOMENTS}
    return {"id": str(row.id), **{name: getattr(row, name) for name in PLAIN}, **moments}


def forget(account_id: uuid.UUID) -> None:
    """The person is gone: what they were told, what they wanted to hear of, and where they could be reached."""
    for model in (Notification, Preference, Inbox, Subscription, Webhook, Phone, TextMessage):
        db.session.execute(sa.delete(model).where(model.account_id == account_id).execution_options(synchronize_session=False))


MOMENTS = ("read_at", "created_at", "updated_at")
PLAIN = ("sequence", "position", "kind", "count", "title", "body", "link", "data")
