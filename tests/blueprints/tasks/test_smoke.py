"""The thin path through everything."""

from tests.kit import json_of


def test_a_task_is_added_listed_changed_and_deleted(ada):
    project = json_of(ada.post("tasks/projects", {"name": "House"}))
    made = ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "Paint \u2028 the door"})
    assert made.status_code == 201, made.text
    task = json_of(made)
    assert made.headers["ETag"] == '"1"'
    listed = ada.get(f"tasks/projects/{project['id']}/tasks")
    assert json_of(listed) == {"items": [task], "next_cursor": None}
    assert json_of(ada.get(f"tasks/tasks/{task['id']}")) == task
    changed = ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"}, match='"1"')
    assert changed.status_code == 200, changed.text
    assert json_of(changed)["version"] == 2
    assert ada.patch(f"tasks/tasks/{task['id']}", {"status": "todo"}, match='"1"').status_code == 412
    assert ada.delete(f"tasks/tasks/{task['id']}").status_code == 204
    assert json_of(ada.get(f"tasks/projects/{project['id']}/tasks"))["items"] == []
    history = json_of(ada.get(f"tasks/tasks/{task['id']}/changes"))["items"]
    assert [change["kind"] for change in history] == ["deleted", "changed", "created"]
