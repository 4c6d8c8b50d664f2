"""Tasks as a calendar program reads them."""

import datetime as dt
import io
import zoneinfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

from blueprints.tasks.service.exchange.vtimezone import vtimezone


def export(project):
    answer = project.ada.get(f"tasks/projects/{project.id}/export.ics")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return answer.get_data(as_text=True)


def todos(project):
    return icalendar.Calendar.from_ical(export(project)).walk("VTODO")


def test_a_calendar_program_reads_the_tasks(project, ada):
    task = project.add(
        "Paint, then dry; done",
        notes="line\nbreak",
        priority=4,
        tags=["a", "b"],
        due_at="2026-03-01T09:30:00Z",
        recurrence="FREQ=WEEKLY;COUNT=3",
    )
    under = project.add("under", parent_id=task["id"], status="done")
    first, second = todos(project)
    assert first["UID"] == f"{task['id']}@zero2hero"
    assert (first["SUMMARY"], first["DESCRIPTION"], first["STATUS"], first["PRIORITY"]) == (
        "Paint, then dry; done",
        "line\nbreak",
        "NEEDS-ACTION",
        1,
    )
    assert first.decoded("DUE") == dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
    assert first["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=3"
    assert (second["RELATED-TO"], second["STATUS"]) == (f"{task['id']}@zero2hero", "COMPLETED")
    assert second["UID"] == f"{under['id']}@zero2hero"


def test_a_task_that_does_not_repeat_has_no_beginning(project):
    project.add(due_at="2026-03-01T09:30:00Z")
    (todo,) = todos(project)
    assert ("DTSTART" in todo, "RRULE" in todo) == (False, False)


def test_without_a_due_time_there_is_no_rule(project):
    """It would count from nothing: RFC 5545, section 3.8.2.4."""
    project.add(recurrence="FREQ=DAILY")
    (todo,) = todos(project)
    assert not {"RRULE", "DTSTART", "DUE"} & set(todo)


@pytest.mark.parametrize("engine", ["own", "told"])
def test_nine_on_mondays_stays_nine_when_summer_time_begins(project, engine):
    """By the program's own time zones, or by those that the calendar brings."""
    project.add(due_at="2026-03-23T08:00:00Z", due_zone="Europe/Berlin", recurrence="FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    text = export(project)
    (todo,) = icalendar.Calendar.from_ical(text).walk("VTODO")
    assert (todo["DUE"].to_ical(), todo["DUE"].params["TZID"]) == (b"20260323T090000", "Europe/Berlin")
    assert (todo["DTSTART"].to_ical(), todo["DTSTART"].params["TZID"]) == (b"20260323T085959", "Europe/Berlin")
    zone = zoneinfo.ZoneInfo("Europe/Berlin") if engine == "own" else tzical(io.StringIO(text)).get("Europe/Berlin")
    start = dt.datetime(2026, 3, 23, 8, 59, 59, tzinfo=zone)
    found = [moment.astimezone(dt.UTC) for moment in rrulestr(todo["RRULE"].to_ical().decode(), dtstart=start)]
    assert [str(moment) for moment in found] == [
        "2026-03-23 07:59:59+00:00",
        "2026-03-30 06:59:59+00:00",
        "2026-04-06 06:59:59+00:00",
    ]


@pytest.mark.parametrize(
    ("due_at", "start", "due"),
    [
        ("2026-03-23T08:00:00Z", b"20260323T085959", b"20260323T090000"),
        # A second before midnight is another day, which the rule does not name.
        ("2026-03-22T23:00:00Z", b"20260323T000000", b"20260323T000001"),
        ("2026-03-22T23:00:00.5Z", b"20260323T000000", b"20260323T000001"),
        ("2026-03-22T23:00:01Z", b"20260323T000000", b"20260323T000001"),
    ],
)
def test_a_rule_begins_before_it_is_due_on_the_day_that_it_names(project, due_at, start, due):
    project.add(due_at=due_at, due_zone="Europe/Berlin", recurrence="FREQ=WEEKLY;BYDAY=MO")
    (todo,) = todos(project)
    assert (todo["DTSTART"].to_ical(), todo["DUE"].to_ical()) == (start, due)
    assert todo["DTSTART"].dt.weekday() == 0


def test_each_zone_is_told_once_and_only_where_it_is_used(project):
    for zone in ("Europe/Berlin", "Europe/Berlin", "Asia/Tokyo", "UTC", None):
        project.add(due_at="2026-07-01T08:00:00Z", due_zone=zone)
    project.add(due_zone="America/New_York")
    calendar = icalendar.Calendar.from_ical(export(project))
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo", "Europe/Berlin"]
    assert [todo["DUE"].to_ical() for todo in calendar.walk("VTODO") if "DUE" in todo] == [
        b"20260701T100000",
        b"20260701T100000",
        b"20260701T170000",
        b"20260701T080000Z",
        b"20260701T080000Z",
    ]


@pytest.mark.parametrize(
    ("due_at", "zone", "told"),
    [
        ("2026-10-25T00:30:00Z", "Europe/Berlin", b"20261025T023000"),
        ("2026-10-25T01:30:00Z", "Europe/Berlin", b"20261025T013000Z"),  # half past two for the second time
        ("9999-12-31T23:59:59Z", "Asia/Tokyo", b"99991231T235959Z"),
        ("0001-01-01T00:00:00Z", "America/New_York", b"00010101T000000Z"),
        ("9997-12-31T23:59:59Z", "Asia/Tokyo", b"99980101T085959"),
        ("0003-01-01T00:00:00Z", "America/New_York", b"00021231T190358"),
    ],
)
def test_a_time_that_its_zone_cannot_tell_is_told_in_utc(project, due_at, zone, told):
    project.add(due_at=due_at, due_zone=zone)
    (todo,) = todos(project)
    assert todo["DUE"].to_ical() == told


def test_a_rule_is_told_as_it_is_meant(project):
    project.add(due_at="2026-03-23T08:00:00Z", recurrence="FREQ=WEEKLY;BYDAY=1MO,-2FR")
    (todo,) = todos(project)
    assert todo["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,FR"
    assert todo["DTSTART"].to_ical() == b"20260323T075959Z"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Dublin"]
)
def test_the_zones_of_a_calendar_are_those_of_the_world(zone):
    """Read back by two libraries; also after years that were left out."""
    years = [1996, 2025, 2026, 2050]
    component = vtimezone(zone, years)
    here = zoneinfo.ZoneInfo(zone)
    for read in (tzical(io.StringIO(component.to_ical().decode())).get(), component.to_tz(lookup_tzid=False)):
        wrong = []
        for year in years:
            moments = (dt.datetime(year, 1, 2, 0, 30) + dt.timedelta(hours=n) for n in range(0, 24 * 363, 5))
            for wall in moments:
                real = wall.replace(tzinfo=here)
                exists_once = real.utcoffset() == real.replace(fold=1).utcoffset()
                if exists_once and wall.replace(tzinfo=read).utcoffset() != real.utcoffset():
                    wrong.append(str(real))
        assert wrong == []
