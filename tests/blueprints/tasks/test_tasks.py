"""Tasks: added, changed, put away, brought back, purged; their history and their sub-tasks."""

import datetime as dt
import threading

import sqlalchemy as sa

from blueprints.tasks import order
from tests.kit import Person, json_of, problem

NOW = dt.datetime.now(dt.UTC)


def test_a_task_has_everything_it_was_given(project, ada):
    given = {
        "title": "Paint the fence",
        "notes": "**green**",
        "status": "doing",
        "priority": 3,
        "due_at": "2026-12-01T10:00:00+01:00",
        "due_zone": "Europe/Berlin",
        "tags": ["home", "so on"],
        "assignee_id": ada.id,
        "recurrence": "FREQ=WEEKLY",
    }
    made = ada.post(project.tasks, given)
    task = json_of(made)
    assert {name: task[name] for name in given} == given | {"due_at": "2026-12-01T09:00:00.000000+00:00"}
    assert (task["version"], task["created_by"], task["completed_at"], task["deleted_at"]) == (1, ada.id, None, None)
    assert made.headers["Location"] == f"/api/v1/tasks/tasks/{task['id']}"
    assert made.headers["ETag"].startswith('"1.')
    assert project.task(task["id"]) == task


def test_only_what_a_change_names_is_changed_and_nothing_if_it_is_the_same(project, ada):
    task = project.add(notes="old", priority=1)
    changed = json_of(ada.patch(f"tasks/tasks/{task['id']}", {"notes": "new"}, match='"1"'))
    assert (changed["notes"], changed["priority"], changed["version"]) == ("new", 1, 2)
    same = json_of(ada.patch(f"tasks/tasks/{task['id']}", {"notes": "new"}, match='"2"'))
    assert same["version"] == 2
    problem(ada.patch(f"tasks/tasks/{task['id']}", {"notes": "late"}, match='"1"'), 412, "precondition_failed")
    assert project.task(task["id"])["notes"] == "new"


def test_done_sets_the_time_and_undone_takes_it_away(project, ada):
    task = project.add()
    done = json_of(ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"}))
    assert abs(dt.datetime.fromisoformat(done["completed_at"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert json_of(ada.patch(f"tasks/tasks/{task['id']}", {"status": "todo"}))["completed_at"] is None


def test_a_task_is_assigned_to_members_only(project, ada, grace):
    refused = problem(ada.post(project.tasks, {"title": "x", "assignee_id": grace.id}), 409, "assignee_not_member")
    assert refused["errors"] == {"/assignee_id": "Not a member of this project."}
    assert project.titles() == []
    task = project.add()
    problem(ada.patch(f"tasks/tasks/{task['id']}", {"assignee_id": grace.id}), 409, "assignee_not_member")
    assert project.task(task["id"])["assignee_id"] is None
    project.share(grace, "viewer")
    assert json_of(ada.patch(f"tasks/tasks/{task['id']}", {"assignee_id": grace.id}))["assignee_id"] == grace.id


# ---- sub-tasks


def test_sub_tasks_are_one_level_deep(project, ada):
    top = project.add("top")
    under = project.add("under", parent_id=top["id"])
    assert under["parent_id"] == top["id"]
    problem(ada.post(project.tasks, {"title": "deeper", "parent_id": under["id"]}), 409, "no_such_parent")
    problem(ada.patch(f"tasks/tasks/{top['id']}", {"parent_id": project.add("other")["id"]}), 409, "no_such_parent")
    problem(ada.patch(f"tasks/tasks/{under['id']}", {"parent_id": under["id"]}), 409, "no_such_parent")
    assert sorted(project.titles()) == ["other", "top", "under"]
    assert project.task(under["id"])["parent_id"] == top["id"]


def test_a_parent_is_in_the_same_project_and_not_deleted(project, ada):
    other = json_of(ada.post("tasks/projects", {"name": "Other"}))["id"]
    elsewhere = json_of(ada.post(f"tasks/projects/{other}/tasks", {"title": "elsewhere"}))
    gone = project.add("gone")
    ada.delete(f"tasks/tasks/{gone['id']}")
    for parent in (elsewhere["id"], gone["id"]):
        problem(ada.post(project.tasks, {"title": "x", "parent_id": parent}), 409, "no_such_parent")
    assert project.titles() == []


def test_what_is_added_after_a_move_to_the_end_is_last(project, ada):
    a, b = project.add("a"), project.add("b")
    ada.put(f"tasks/tasks/{a['id']}/position", {"after": b["id"]})
    project.add("c")
    assert project.titles() == ["b", "a", "c"]


def test_a_thousand_moves_into_one_gap_make_room_again(project, ada, monkeypatch):
    monkeypatch.setattr(order, "LONGEST", 14)
    first, *others = (project.add(str(n)) for n in range(4))
    for n in range(40):
        moved = others[n % 3]
        assert ada.put(f"tasks/tasks/{moved['id']}/position", {"after": first["id"]}).status_code == 200
    assert project.titles() == ["0", "1", "3", "2"]
    assert max(len(project.task(task["id"])["position"]) for task in others) <= 14


# ---- deleting and restoring


def test_a_deleted_task_takes_its_sub_tasks_along_and_brings_them_back(project, ada):
    top = project.add("top")
    early, late = (project.add(title, parent_id=top["id"]) for title in ("early", "late"))
    ada.delete(f"tasks/tasks/{early['id']}")
    assert ada.delete(f"tasks/tasks/{top['id']}").status_code == 204
    assert project.titles() == []
    assert sorted(project.titles("deleted=true")) == ["early", "late", "top"]
    problem(ada.post(f"tasks/tasks/{late['id']}/restoration"), 409, "no_such_parent")
    problem(ada.patch(f"tasks/tasks/{top['id']}", {"title": "x"}), 404)
    assert json_of(ada.post(f"tasks/tasks/{top['id']}/restoration"))["deleted_at"] is None
    assert sorted(project.titles()) == ["late", "top"]
    problem(ada.post(f"tasks/tasks/{top['id']}/restoration"), 409, "not_deleted")
    assert ada.post(f"tasks/tasks/{early['id']}/restoration").status_code == 201


def test_only_what_was_deleted_thirty_days_ago_is_purged(project, ada):
    from app.db import unit_of_work
    from app.extensions import db
    from blueprints.tasks.background import purge
    from blueprints.tasks.models import Project, Task

    old, young, kept = (project.add(title) for title in ("old", "young", "kept"))
    gone = json_of(ada.post("tasks/projects", {"name": "Gone"}))["id"]
    with unit_of_work():
        for task, days in ((old, 31), (young, 29)):
            db.session.execute(sa.update(Task).where(Task.id == task["id"]).values(deleted_at=NOW - dt.timedelta(days=days)))
        db.session.execute(sa.update(Project).where(Project.id == gone).values(deleted_at=NOW - dt.timedelta(days=31)))
    with unit_of_work():
        purge()
    assert project.titles("deleted=true") == ["young"]
    assert project.titles() == [kept["title"]]
    assert json_of(ada.get("tasks/projects?deleted=true"))["items"] == []


# ---- history


def test_the_history_says_who_changed_what_from_what(project, ada, grace):
    project.share(grace, "editor")
    task = project.add(priority=1)
    grace.patch(f"tasks/tasks/{task['id']}", {"priority": 4, "title": "Paint it red"}, headers={"X-Request-ID": "req-history-1"})
    ada.put(f"tasks/tasks/{task['id']}/position", {"after": None})
    ada.delete(f"tasks/tasks/{task['id']}")
    ada.post(f"tasks/tasks/{task['id']}/restoration")
    changes = json_of(ada.get(f"tasks/tasks/{task['id']}/changes"))["items"]
    assert [c["kind"] for c in changes] == ["restored", "deleted", "moved", "changed", "created"]
    changed = changes[3]
    assert changed["actor_id"] == grace.id
    assert changed["request_id"] == "req-history-1"
    assert changed["changes"] == {"priority": 4, "title": "Paint it red", "before": {"priority": 1, "title": "Paint the fence"}}
    assert [c["sequence"] for c in project.changes()] == [1, 2, 3, 4, 5]
    assert [c["sequence"] for c in json_of(ada.get(f"tasks/projects/{project.id}/changes?after=3"))["items"]] == [4, 5]


def test_the_rule_that_moved_on_is_in_the_history_and_done_from_the_start_is_completed(app, project, ada):
    task = project.add(due_at="2026-03-01T00:00:00Z", recurrence="FREQ=DAILY")
    ada.patch(f"tasks/tasks/{task['id']}", {"status": "done"})
    changed = next(c for c in project.changes() if c["kind"] == "changed")["changes"]
    assert changed == {"status": "done", "recurrence": None, "before": {"status": "todo", "recurrence": "FREQ=DAILY"}}
    assert project.add(status="done")["completed_at"] is not None


def test_a_refused_change_leaves_no_trace(project, grace):
    task = project.add()
    problem(grace.patch(f"tasks/tasks/{task['id']}", {"title": "mine"}), 404)
    problem(project.ada.patch(f"tasks/tasks/{task['id']}", {"title": ""}), 422)
    assert [c["kind"] for c in project.changes()] == ["created"]
    assert project.task(task["id"]) == task


def test_an_idempotency_key_adds_one_task(project, ada):
    answers = [ada.post(project.tasks, {"title": "once"}, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert len({json_of(a)["id"] for a in answers}) == 1
    assert [a.headers.get("Idempotency-Replayed") for a in answers] == [None, "true", "true"]
    problem(ada.post(project.tasks, {"title": "other"}, headers={"Idempotency-Key": "k1"}), 409, "key_reused")
    assert project.titles() == ["once"]


# ---- order


def test_a_move_changes_one_row_only(project, ada):
    tasks = [project.add(title) for title in "abcd"]
    assert json_of(ada.put(f"tasks/tasks/{tasks[3]['id']}/position", {"after": tasks[0]["id"]}))["version"] == 2
    assert project.titles() == ["a", "d", "b", "c"]
    ada.put(f"tasks/tasks/{tasks[2]['id']}/position", {"after": None})
    assert project.titles() == ["c", "a", "d", "b"]
    ada.put(f"tasks/tasks/{tasks[2]['id']}/position", {"after": tasks[1]["id"]})
    assert project.titles() == ["a", "d", "b", "c"]
    versions = {t["title"]: t["version"] for t in json_of(ada.get(project.tasks))["items"]}
    assert versions == {"a": 1, "b": 1, "c": 3, "d": 2}


def test_a_place_after_a_task_that_is_not_here_is_refused(project, ada):
    task = project.add()
    for after in (task["id"], "01234567-89ab-7cde-8f01-23456789abcd"):
        problem(ada.put(f"tasks/tasks/{task['id']}/position", {"after": after}), 404, "no_such_task")
    assert project.task(task["id"])["position"] == task["position"]


def test_moves_at_once_never_share_a_place(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Race"}))["id"]
    tasks = [json_of(ada.post(f"tasks/projects/{project}/tasks", {"title": str(n)}))["id"] for n in range(9)]
    start, answers = threading.Barrier(8), []

    def move(task):
        person = Person.__new__(Person)
        person.client, person.access_token = real.test_client(), ada.access_token
        start.wait()
        answers.append(person.put(f"tasks/tasks/{task}/position", {"after": tasks[0]}).status_code)

    threads = [threading.Thread(target=move, args=[task]) for task in tasks[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [200] * 8
    items = json_of(ada.get(f"tasks/projects/{project}/tasks"))["items"]
    assert len({item["position"] for item in items}) == 9
    assert items[0]["id"] == tasks[0]
