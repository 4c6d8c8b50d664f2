"""Who is told of what: of tasks they are given and projects that are shared with them, and of nothing they did themselves."""

import pytest

from app.access import SERVICE, acting_as
from tests.kit import json_of


@pytest.fixture
def deliver(app):
    def run():
        with acting_as(SERVICE):
            app.extensions["relay"].deliver_all()

    return run


def told(person):
    return [(n["kind"], n["title"], n["body"], n["link"], n["count"]) for n in json_of(person.get("notifications/notifications"))["items"]]


def test_who_is_given_a_task_is_told_and_who_takes_it_is_not(app, project, ada, grace, deliver):
    ada.post(f"tasks/projects/{project.id}/members", {"email": grace.email, "role": "editor"})
    task = project.add(title="Water the plants")
    ada.patch(f"tasks/tasks/{task['id']}", {"assignee_id": grace.id})
    deliver()
    name = json_of(ada.get(f"tasks/projects/{project.id}"))["name"]
    link = f"/#/tasks/{project.id}"
    assert told(grace) == [
        ("tasks.assigned", "Ada gave you the task Water the plants", f"In {name}", link, 1),
        ("tasks.shared", f"Ada shared {name} with you", "You are its editor", link, 1),
    ]
    ada.patch(f"tasks/tasks/{task['id']}", {"assignee_id": ada.id})
    deliver()
    assert told(ada) == []


def test_who_has_left_the_project_meanwhile_is_not_told(app, project, ada, grace, deliver):
    ada.post(f"tasks/projects/{project.id}/members", {"email": grace.email, "role": "editor"})
    task = project.add()
    ada.patch(f"tasks/tasks/{task['id']}", {"assignee_id": grace.id})
    assert ada.delete(f"tasks/projects/{project.id}/members/{grace.id}").status_code == 204
    deliver()
    assert told(grace) == []


def test_a_role_that_changes_is_told_in_one_notification(app, project, ada, grace, deliver):
    for role in ("viewer", "editor"):
        ada.post(f"tasks/projects/{project.id}/members", {"email": grace.email, "role": role})
        deliver()
    ((kind, _, body, _, count),) = told(grace)
    assert (kind, body, count) == ("tasks.shared", "You are its editor", 2)
