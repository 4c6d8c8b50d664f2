"""How a project is doing: completed tasks per day, open and overdue ones."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.db import unit_of_work
from app.extensions import db
from blueprints.tasks.models import Task
from tests.kit import json_of, problem


def complete_at(project, moment):
    task = project.add(status="done")
    with unit_of_work():
        db.session.execute(sa.update(Task).where(Task.id == task["id"]).values(completed_at=moment))


def statistics(project, query):
    return json_of(project.ada.get(f"tasks/projects/{project.id}/statistics?{query}"))


def test_completed_tasks_are_counted_by_the_days_of_a_time_zone(project):
    for moment in ("2026-03-01T23:30:00+00:00", "2026-03-02T00:30:00+00:00", "2026-03-02T12:00:00+00:00", "2026-02-01T12:00:00+00:00"):
        complete_at(project, dt.datetime.fromisoformat(moment))
    in_utc = statistics(project, "from=2026-03-01&to=2026-03-03&zone=UTC")["completed"]
    assert [(d["day"], d["count"]) for d in in_utc] == [("2026-03-01", 1), ("2026-03-02", 2), ("2026-03-03", 0)]
    in_berlin = statistics(project, "from=2026-03-01&to=2026-03-03&zone=Europe/Berlin")["completed"]
    assert [d["count"] for d in in_berlin] == [0, 3, 0]


def test_open_and_overdue_tasks_are_counted(project):
    project.add(due_at="2020-01-01T00:00:00Z")
    project.add(due_at="2999-01-01T00:00:00Z")
    project.add()
    project.add(status="done", due_at="2020-01-01T00:00:00Z")
    gone = project.add(due_at="2020-01-01T00:00:00Z")
    project.ada.delete(f"tasks/tasks/{gone['id']}")
    found = statistics(project, "")
    assert (found["open"], found["overdue"], len(found["completed"])) == (3, 1, 30)
    assert found["completed"][-1]["count"] == 1


def test_a_year_is_the_longest_range(project):
    found = statistics(project, "from=2024-01-01&to=2024-12-31")["completed"]
    assert (len(found), found[0]["day"], found[-1]["day"]) == (366, "2024-01-01", "2024-12-31")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2024-01-01&to=2025-01-01", "/query/from"),
        ("from=0001-01-01&to=9999-12-31", "/query/from"),
        ("from=2024-01-02&to=2024-01-01", "/query/from"),
        ("from=9999-12-31", "/query/from"),  # up to today
        ("from=0001-01-01", "/query/from"),
    ],
)
def test_a_range_that_is_too_long_or_ends_before_it_begins_is_refused(project, query, pointer):
    refused = problem(project.ada.get(f"tasks/projects/{project.id}/statistics?{query}"), 422, "unprocessable")
    assert list(refused["errors"]) == [pointer]


@pytest.mark.parametrize(
    ("to", "first", "days"), [("0001-01-01", "0001-01-01", 1), ("0001-01-30", "0001-01-01", 30), ("2026-03-30", "2026-03-01", 30)]
)
def test_without_a_beginning_there_are_thirty_days_if_the_calendar_has_them(project, to, first, days):
    found = statistics(project, f"to={to}")["completed"]
    assert (found[0]["day"], found[-1]["day"], len(found)) == (first, to, days)


def test_a_stranger_is_told_nothing_but_that_there_is_no_project(project, grace):
    problem(grace.get(f"tasks/projects/{project.id}/statistics?from=2024-01-02&to=2024-01-01"), 404, "no_such_project")
