"""What each person wants to hear of, through which channel, and when not."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.access import Actor
from app.errors import NotFound
from app.extensions import db
from app.notifications import quiet
from app.notifications.kinds import CHANNELS, LOUD, Kind
from app.notifications.models import Inbox, Preference


class NoSuchKind(NotFound):
    title = "There is no such kind of notification."


def kinds() -> dict[str, Kind]:
    """By name, those of every stage that is on."""
    return {kind.name: kind for stage in current_app.extensions["stages"].values() for kind in stage.notifications}


def wanted(account_id: uuid.UUID, kind: Kind) -> frozenset[str]:
    """The channels through which the person hears of this kind."""
    said = dict(map(tuple, db.session.execute(chosen(account_id).where(Preference.kind == kind.name).with_only_columns(*PAIR))))
    return frozenset(channel for channel in CHANNELS if said.get(channel, channel in kind.channels))


PAIR = (Preference.channel, Preference.wanted)


def chosen(account_id: uuid.UUID) -> sa.Select:
    return sa.select(Preference.kind, *PAIR).where(Preference.account_id == account_id)


def listed(*, by: Actor) -> list[dict[str, Any]]:
    """`{kind, summary, channels: {app: true, …}}` of every kind."""
    assert by.user_id is not None
    said = {(kind, channel): on for kind, channel, on in db.session.execute(chosen(by.user_id))}
    return [shown(kind, {channel: on for (name, channel), on in said.items() if name == kind.name}) for kind in kinds().values()]


def shown(kind: Kind, said: Mapping[str, bool]) -> dict[str, Any]:
    return {"kind": kind.name, "summary": kind.summary, "channels": {c: said.get(c, c in kind.channels) for c in CHANNELS}}


def choose(name: str, changes: Mapping[str, bool], *, by: Actor) -> dict[str, Any]:
    """Raises NoSuchKind."""
    assert by.user_id is not None
    kind = kinds().get(name)
    if kind is None:
        raise NoSuchKind()
    if changes:
        rows = [{"account_id": by.user_id, "kind": name, "channel": channel, "wanted": on} for channel, on in sorted(changes.items())]
        put = insert(Preference).values(rows)
        db.session.execute(
            put.on_conflict_do_update(index_elements=["account_id", "kind", "channel"], set_={"wanted": put.excluded.wanted})
        )
    said = db.session.execute(chosen(by.user_id).where(Preference.kind == name).with_only_columns(*PAIR)).all()
    return shown(kind, dict(map(tuple, said)))


def quiet_hours(*, by: Actor) -> dict[str, Any]:
    row = db.session.execute(sa.select(Inbox.quiet_zone, Inbox.quiet_from, Inbox.quiet_until).where(Inbox.account_id == by.user_id)).first()
    zone, starts, ends = row or (None, None, None)
    return {"zone": zone, "starts": clock(starts), "ends": clock(ends)}


def clock(time: dt.time | None) -> str | None:
    return None if time is None else time.strftime("%H:%M")


def set_quiet_hours(zone: str, starts: str, ends: str, *, by: Actor) -> dict[str, Any]:
    """Hours that end when they begin are all hours: everything waits for that one time of the day."""
    keep(by, zone, dt.time.fromisoformat(starts), dt.time.fromisoformat(ends))
    return quiet_hours(by=by)


def clear_quiet_hours(*, by: Actor) -> None:
    keep(by, None, None, None)


def keep(by: Actor, zone: str | None, starts: dt.time | None, ends: dt.time | None) -> None:
    values = {"quiet_zone": zone, "quiet_from": starts, "quiet_until": ends}
    put = insert(Inbox).values(account_id=by.user_id, **values)
    db.session.execute(put.on_conflict_do_update(index_elements=["account_id"], set_=values))


def not_before(account_id: uuid.UUID, kind: Kind, channel: str) -> dt.datetime | None:
    """When the person may be told; None for now."""
    if kind.urgent or channel not in LOUD:
        return None
    hours = sa.select(Inbox.quiet_zone, Inbox.quiet_from, Inbox.quiet_until).where(Inbox.account_id == account_id)
    row = db.session.execute(hours).first()
    return quiet.end(dt.datetime.now(dt.UTC), *row) if row is not None and row[0] is not None else None
