"""Tasks as iCalendar (RFC 5545)."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any

import icalendar

from app.access import Actor
from blueprints.tasks import recurrence
from blueprints.tasks.service import projects, tasks
from blueprints.tasks.service.exchange.vtimezone import vtimezone

STATUS = {"todo": "NEEDS-ACTION", "doing": "IN-PROCESS", "done": "COMPLETED"}
PRIORITY = {0: 0, 1: 9, 2: 5, 3: 3, 4: 1}
SECOND = dt.timedelta(seconds=1)
YEARS = range(3, 9998)
"""Further out, a time zone leads out of the calendar."""
AHEAD = 20
"""Years for which a calendar program is told how the clock of a repeating task will go."""


def to_ical(project_id: uuid.UUID, *, by: Actor) -> bytes:
    """A calendar with a VTODO per task, in UTF-8. Due times are told on the clock of their zone, all others in UTC."""
    projects.role_in(project_id, by=by)
    rows = tasks.search({"project_id": project_id}, "position", by=by).all()
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Zero2Hero//Tasks//EN")
    calendar.add("version", "2.0")
    for zone, years in sorted(years_of_zones(rows).items()):
        calendar.add_component(vtimezone(zone, years))
    for row in rows:
        calendar.add_component(todo(row))
    return calendar.to_ical()


def todo(row: Any) -> icalendar.Todo:
    found = icalendar.Todo()
    found.add("uid", f"{row.id}@zero2hero")
    found.add("summary", row.title)
    found.add("dtstamp", row.updated_at.astimezone(dt.UTC))
    found.add("created", row.created_at.astimezone(dt.UTC))
    found.add("status", STATUS[row.status])
    found.add("priority", PRIORITY[row.priority])
    if row.notes:
        found.add("description", row.notes)
    if row.due_at is not None:
        add_times(found, row)
    if row.completed_at is not None:
        found.add("completed", row.completed_at.astimezone(dt.UTC))
    if row.tags:
        found.add("categories", row.tags)
    if row.parent_id is not None:
        found.add("related-to", f"{row.parent_id}@zero2hero")
    return found


def add_times(todo: icalendar.Todo, row: Any) -> None:
    """A rule counts from DTSTART, which it cannot be without (section 3.8.2.4), and DUE must be later than that
    (3.8.2.3): by one second, on the same day, so that BYDAY and BYMONTHDAY mean the days on which the task is due."""
    zone = zone_of(row)
    due = row.due_at.astimezone(zoneinfo.ZoneInfo(zone) if zone else dt.UTC).replace(microsecond=0)
    due, parameters = (due.replace(tzinfo=None), {"TZID": zone}) if zone else (due, {})
    if row.recurrence is not None:
        start = due - SECOND if (due - SECOND).date() == due.date() else due
        due = max(due, start + SECOND)
        todo.add("dtstart", start, parameters=parameters)
        todo.add("rrule", icalendar.vRecur.from_ical(recurrence.write(recurrence.read(row.recurrence))))
    todo.add("due", due, parameters=parameters)


def zone_of(row: Any) -> str | None:
    """The zone on whose clock the due time is told; None is UTC, in which also the second half past two of the night
    is told when summer time ends: on the clock, half past two is the first."""
    if row.due_at is None or row.due_at.year not in YEARS or row.due_zone in {None, "UTC"}:
        return None
    is_second = row.due_at.astimezone(zoneinfo.ZoneInfo(row.due_zone)).fold
    return None if is_second and row.recurrence is None else row.due_zone


def years_of_zones(rows: Iterable[Any]) -> dict[str, set[int]]:
    """The years of each zone that a calendar program needs to know."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if (zone := zone_of(row)) is not None:
            last = row.due_at.year + (AHEAD if row.recurrence is not None else 1)
            found.setdefault(zone, set()).update(range(row.due_at.year - 1, min(last, YEARS[-1]) + 1))
    return found
