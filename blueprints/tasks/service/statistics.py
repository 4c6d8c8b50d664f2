"""How a project is doing."""

import datetime as dt
import uuid
import zoneinfo
from typing import Any

import sqlalchemy as sa

from app.access import Actor
from app.errors import Unprocessable
from app.extensions import db
from blueprints.tasks.models import Task
from blueprints.tasks.service import projects

USUAL, LONGEST = 30, 366
"""Days."""


def of_project(project_id: uuid.UUID, first: dt.date | None, last: dt.date | None, zone: str, *, by: Actor) -> dict[str, Any]:
    """Completed tasks for each day from `first` to `last` in a time zone, and how many are open and overdue.

    Without `last` it is today, without `first` thirty days up to `last`. Raises Unprocessable for a range that ends
    before it begins, or is longer than 366 days.
    """
    projects.role_in(project_id, by=by)
    last = last or dt.datetime.now(zoneinfo.ZoneInfo(zone)).date()
    first = first or dt.date.fromordinal(max(last.toordinal() - USUAL + 1, 1))
    check_range(first, last)
    there = (Task.project_id == project_id, Task.deleted_at.is_(None))
    day = sa.cast(sa.func.timezone(zone, Task.completed_at), sa.Date())
    counted = db.session.execute(sa.select(day, sa.func.count()).where(*there, around(first, last), day.between(first, last)).group_by(day))
    per_day: dict[Any, int] = {row[0]: row[1] for row in counted}
    open_ = (*there, Task.status != "done")
    totals = db.session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(Task.due_at < sa.func.now())).select_from(Task).where(*open_)
    ).one()
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return {"completed": [{"day": d, "count": per_day.get(d, 0)} for d in days], "open": totals[0], "overdue": totals[1]}


def around(first: dt.date, last: dt.date) -> sa.ColumnElement[bool]:
    """No zone is further from UTC than a day: what the index can find, before the zone decides."""
    low, high = max(first.toordinal() - 1, 1), min(last.toordinal() + 2, dt.date.max.toordinal())
    moments = (dt.datetime.combine(dt.date.fromordinal(day), dt.time.min, dt.UTC) for day in (low, high))
    return Task.completed_at.between(*moments)


def check_range(first: dt.date, last: dt.date) -> None:
    if first > last:
        raise Unprocessable(errors={"/query/from": f"Lies after the last day, {last}."})
    if (last - first).days >= LONGEST:
        raise Unprocessable(errors={"/query/from": f"At most {LONGEST} days at a time; the last is {last}."})
