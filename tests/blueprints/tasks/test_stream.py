"""The stream of a project: what subscribers receive is the history, from where they left off."""

import uuid

import pytest

from app.access import Actor
from app.errors import NotFound
from blueprints.tasks.service import history


def test_the_head_is_the_newest_change_for_who_may_see_it(app, project, ada, grace):
    assert history.head(uuid.UUID(project.id), Actor(uuid.UUID(ada.id))) == 0
    project.add()
    project.add()
    assert history.head(uuid.UUID(project.id), Actor(uuid.UUID(ada.id))) == 2
    with pytest.raises(NotFound):
        history.head(uuid.UUID(project.id), Actor(uuid.UUID(grace.id)))


def test_what_was_missed_comes_in_order_and_is_what_rest_tells(app, project, ada):
    task = project.add(priority=1)
    ada.patch(f"tasks/tasks/{task['id']}", {"priority": 2})
    ada.delete(f"tasks/tasks/{task['id']}")
    missed = history.since(uuid.UUID(project.id), 1, 100)
    assert [(c["sequence"], c["kind"]) for c in missed] == [(2, "changed"), (3, "deleted")]
    assert missed == project.changes()[1:]
    assert [c["sequence"] for c in history.since(uuid.UUID(project.id), 0, 2)] == [1, 2]


def test_every_way_to_change_tasks_is_in_the_stream(app, project, ada):
    task = project.add()
    ada.put(f"tasks/tasks/{task['id']}/position", {"after": None})
    ada.post(f"{project.tasks}/bulk", {"items": [{"title": "bulk"}]})
    ada.request("POST", f"tasks/projects/{project.id}/import", data=b"title\nimported\n", headers={"Content-Type": "text/csv"})
    ada.delete(f"tasks/tasks/{task['id']}")
    ada.post(f"tasks/tasks/{task['id']}/restoration")
    kinds = [c["kind"] for c in history.since(uuid.UUID(project.id), 0, 100)]
    assert kinds == ["created", "moved", "created", "created", "deleted", "restored"]
