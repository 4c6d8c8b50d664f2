"""Recurring tasks: the next one is made when one is done, on the wall clock of its time zone."""

import datetime as dt
import threading
import time
import zoneinfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blueprints.tasks.recurrence import following, read, write
from tests.kit import Person, json_of, problem


def utc(text):
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("rule", "due", "zone", "expected"),
    [
        ("FREQ=DAILY", "2026-01-31T09:00+00:00", None, "2026-02-01T09:00+00:00"),
        ("FREQ=DAILY;INTERVAL=3", "2026-01-31T09:00+00:00", "UTC", "2026-02-03T09:00+00:00"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-03-06T09:00+01:00", "Europe/Berlin", "2026-03-09T09:00+01:00"),
        # Summer time begins on 29 March: nine o'clock stays nine o'clock.
        ("FREQ=WEEKLY", "2026-03-23T09:00+01:00", "Europe/Berlin", "2026-03-30T09:00+02:00"),
        ("FREQ=WEEKLY", "2026-10-19T09:00+02:00", "Europe/Berlin", "2026-10-26T09:00+01:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31T09:00+00:00", None, "2026-03-31T09:00+00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T09:00+00:00", None, "2026-02-28T09:00+00:00"),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13T09:00+00:00", None, "2026-02-10T09:00+00:00"),
        ("FREQ=YEARLY", "2024-02-29T09:00+00:00", None, "2028-02-29T09:00+00:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T09:00+00:00", None, None),
        # However far away.
        ("FREQ=YEARLY;INTERVAL=13", "2026-01-01T09:00+00:00", None, "2039-01-01T09:00+00:00"),
        ("FREQ=MONTHLY;INTERVAL=150", "2026-01-01T09:00+00:00", None, "2038-07-01T09:00+00:00"),
        ("FREQ=YEARLY;INTERVAL=999", "2026-01-01T09:00+00:00", None, "3025-01-01T09:00+00:00"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "2028-01-01T09:00+00:00", None, "2044-02-29T09:00+00:00"),
        # Either of them will do.
        ("FREQ=MONTHLY;BYDAY=FR,5SU", "2026-05-30T09:00+00:00", None, "2026-05-31T09:00+00:00"),
    ],
)
def test_the_next_time(rule, due, zone, expected):
    found = following(rule, utc(due), zone)
    assert (found and found[0]) == (expected and utc(expected))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
        "FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=20",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_the_search_for_a_day_that_never_comes_ends_soon(rule):
    began = time.process_time()
    assert following(rule, utc("2026-01-01T09:00+00:00"), None) is None
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("due", "zone"),
    [("9999-12-31T23:59:59+00:00", "Asia/Tokyo"), ("0001-01-01T00:00:00+00:00", "America/New_York"), ("9998-12-31T23:00+00:00", None)],
)
def test_at_the_ends_of_time_there_is_no_next(project, ada, due, zone):
    task = project.add(due_at=due.replace("T23:00+", "T23:00:00+"), due_zone=zone, recurrence="FREQ=DAILY")
    assert json_of(ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"}))["status"] == "done"
    assert project.titles("status=todo") == []


@pytest.mark.parametrize(
    ("rule", "zone", "first", "then"),
    [
        # RFC 5545, section 3.3.10: times that a day does not have "MUST be ignored and MUST NOT be counted".
        ("FREQ=DAILY;COUNT=9", "Europe/Berlin", "2026-03-28T02:30", ["2026-03-30T02:30", "2026-03-31T02:30", "2026-04-01T02:30"]),
        ("FREQ=WEEKLY", "America/New_York", "2026-03-01T02:30", ["2026-03-15T02:30", "2026-03-22T02:30"]),
        ("FREQ=DAILY", "Africa/Cairo", "2026-04-23T00:00", ["2026-04-25T00:00", "2026-04-26T00:00"]),
        ("FREQ=DAILY", "Pacific/Apia", "2011-12-29T12:00", ["2011-12-31T12:00"]),
        # The hour that comes twice: the first of the two, and no drift either.
        ("FREQ=DAILY", "Europe/Berlin", "2026-10-24T02:30", ["2026-10-25T02:30", "2026-10-26T02:30"]),
    ],
)
def test_a_time_that_the_clock_skips_once_comes_back_unchanged(rule, zone, first, then):
    here, seen, found = zoneinfo.ZoneInfo(zone), [], None
    due = dt.datetime.fromisoformat(first).replace(tzinfo=here)
    for _ in then:
        found = following(rule, due.astimezone(dt.UTC), zone)
        due, rule = found
        seen.append(due.astimezone(here).strftime("%Y-%m-%dT%H:%M"))
    assert seen == then
    assert rule in {"FREQ=DAILY;COUNT=6", "FREQ=WEEKLY", "FREQ=DAILY"}


_weekdays = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])


@st.composite
def rules(draw):
    parts = {"FREQ": draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))}
    optional = {
        "INTERVAL": st.sampled_from(["1", "2", "3", "4", "5", "6", "7", "12", "13", "40"]),
        "BYMONTH": st.integers(1, 12).map(str),
        "BYMONTHDAY": st.sampled_from(["1", "13", "28", "29", "30", "31", "-1", "-2", "-29", "-31"]),
        # dateutil asks for both where numbered and other weekdays are mixed; the RFC for one of them.
        "BYDAY": st.lists(_weekdays, min_size=1, max_size=3).map(",".join)
        | st.lists(st.tuples(st.sampled_from(["1", "+2", "-1", "5", "-5"]), _weekdays).map("".join), min_size=1, max_size=2).map(",".join),
        "WKST": st.sampled_from(["MO", "SU"]),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        parts[name] = draw(optional[name])
    return write(parts)


@given(rules(), st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2095, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
@settings(max_examples=300, deadline=None)
def test_dateutil_finds_the_same_next_time(rule, due):
    found = following(rule, due.replace(tzinfo=dt.UTC), None)
    assume(found is not None)  # where there is none, dateutil may search for seconds
    assert found[0].replace(tzinfo=None) == rrulestr(write(read(rule)), dtstart=due).after(due)


def test_a_count_is_used_up_and_until_ends():
    due = utc("2026-01-01T09:00+00:00")
    _, left = following("FREQ=DAILY;COUNT=3", due, None)
    assert left == "FREQ=DAILY;COUNT=2"
    assert following("FREQ=DAILY;COUNT=1", due, None) is None
    assert following("FREQ=DAILY;UNTIL=20260102T090000Z", due, None)[0] == utc("2026-01-02T09:00+00:00")
    assert following("FREQ=DAILY;UNTIL=20260102T085959Z", due, None) is None


def test_done_makes_the_next_with_everything_but_the_state(project, ada):
    task = project.add(
        "Water the plants", notes="all", priority=2, tags=["home"], assignee_id=ada.id,
        due_at="2026-03-23T08:00:00Z", due_zone="Europe/Berlin", recurrence="FREQ=WEEKLY;COUNT=2",
    )  # fmt: skip
    ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"})
    (following_,) = json_of(ada.get(f"{project.tasks}?status=todo"))["items"]
    kept = ("title", "notes", "priority", "tags", "assignee_id", "due_zone")
    assert {n: following_[n] for n in kept} == {n: task[n] for n in kept}
    assert (following_["due_at"], following_["recurrence"]) == ("2026-03-30T07:00:00.000000+00:00", "FREQ=WEEKLY;COUNT=1")
    assert project.task(task["id"])["recurrence"] is None
    ada.patch(f"tasks/tasks/{following_['id']}", {"status": "done"})
    assert json_of(ada.get(f"{project.tasks}?status=todo"))["items"] == []


def test_a_rule_without_a_due_time_makes_no_next_one(project, ada):
    task = project.add(recurrence="FREQ=DAILY")
    ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"})
    assert len(project.titles()) == 1
    assert project.task(task["id"])["recurrence"] == "FREQ=DAILY"


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;BYDAY=XX", "RRULE:FREQ=DAILY", "freq=daily", "FREQ=DAILY\n", ""]
)
def test_a_rule_that_is_none_is_refused(project, ada, rule):
    assert list(problem(ada.post(project.tasks, {"title": "x", "recurrence": rule}), 422)["errors"]) == ["/recurrence"]
    assert project.titles() == []


def test_completing_twice_at_once_makes_one_next(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Race"}))["id"]
    for round_ in range(10):
        given = {"title": f"r{round_}", "due_at": "2026-03-23T08:00:00Z", "recurrence": "FREQ=DAILY"}
        task = json_of(ada.post(f"tasks/projects/{project}/tasks", given))
        start = threading.Barrier(3)

        def complete(task=task, start=start):
            person = Person.__new__(Person)
            person.client, person.access_token = real.test_client(), ada.access_token
            start.wait()
            person.patch(f"tasks/tasks/{task['id']}", {"status": "done"})

        threads = [threading.Thread(target=complete) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        items = json_of(ada.get(f"tasks/projects/{project}/tasks?title=r{round_}"))["items"]
        assert sorted(item["status"] for item in items) == ["done", "todo"]
