"""Recurring tasks: the next one is made when one is done, on the wall clock of its time zone."""

import datetime as dt
import threading

import pytest

from blueprints.tasks.recurrence import following
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
    ],
)
def test_the_next_time(rule, due, zone, expected):
    found = following(rule, utc(due), zone)
    assert (found and found[0]) == (expected and utc(expected))


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
