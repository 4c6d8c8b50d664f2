"""What workers do for the tasks stage: purging leaves nothing of what people wrote, and clients that resume are told all the same."""

import datetime as dt
import threading
import uuid

import sqlalchemy as sa

from app.db import unit_of_work
from app.extensions import db, socketio
from blueprints.tasks.background import purge
from blueprints.tasks.models import Change, Task
from tests.kit import Person, json_of
from tests.processes import eventually


def long_ago(*tasks):
    """As if they had been deleted a month and a day ago."""
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    with unit_of_work():
        db.session.execute(sa.update(Task).where(Task.id.in_([task["id"] for task in tasks])).values(deleted_at=moment))


def purged():
    with unit_of_work():
        purge()


def kinds(project):
    return [(change["sequence"], change["kind"]) for change in project.changes()]


def test_nothing_that_was_written_in_a_purged_task_is_kept(project, ada):
    gone, stays = project.add("secret title", notes="secret notes"), project.add("stays")
    under = project.add("secret too", parent_id=gone["id"])
    ada.patch(f"tasks/tasks/{gone['id']}", {"title": "secret still"})
    ada.patch(f"tasks/tasks/{stays['id']}", {"priority": 1})
    ada.delete(f"tasks/tasks/{gone['id']}")
    long_ago(gone, under)
    purged()
    rows = db.session.execute(
        sa.select(Change.task_id, Change.changes).where(Change.project_id == project.id).order_by(Change.sequence)
    ).all()
    assert "secret" not in str(rows)
    assert [str(task_id) for task_id, _ in rows] == [stays["id"], stays["id"], gone["id"], under["id"]]
    assert kinds(project) == [(2, "created"), (5, "changed"), (6, "deleted"), (7, "deleted")]


def test_what_a_cascade_takes_leaves_nothing_either(project, ada):
    """A sub-task that somebody added while the task above it was being deleted."""
    above = project.add("above")
    under = project.add("secret", parent_id=above["id"])
    long_ago(above)
    purged()
    assert db.session.scalars(sa.select(Task.id).where(Task.project_id == project.id)).all() == []
    assert kinds(project) == []
    assert under["id"] not in str(project.changes())


def test_what_is_not_purged_keeps_its_history(project, ada):
    young = project.add("young")
    ada.delete(f"tasks/tasks/{young['id']}")
    purged()
    assert [kind for _, kind in kinds(project)] == ["created", "deleted"]


def test_sequences_go_on_after_a_purge(project, ada):
    gone = project.add("gone")
    ada.delete(f"tasks/tasks/{gone['id']}")
    long_ago(gone)
    purged()
    project.add("new")
    assert kinds(project) == [(2, "deleted"), (3, "created")]
    assert json_of(ada.get(f"tasks/projects/{project.id}"))["sequence"] == 3
    assert [c["sequence"] for c in json_of(ada.get(f"tasks/projects/{project.id}/changes?after=2"))["items"]] == [3]


def subscribed(app, project, after):
    """(the answer, the sequences received, the client): with a real Socket.IO session in this process."""
    client = socketio.test_client(app, auth={"token": project.ada.access_token}, flask_test_client=app.test_client())
    answer = client.emit("subscribe", {"stream": "tasks.project", "key": project.id, "after": after}, callback=True)
    return answer, sequences(client), client


def sequences(client):
    return [message["args"][0]["sequence"] for message in client.get_received() if message["name"] == "change"]


def test_who_resumes_across_a_gap_gets_the_rest_and_goes_on_live(app, project, ada):
    first, gone, cascaded = project.add("first"), project.add("gone"), project.add("cascaded")
    ada.delete(f"tasks/tasks/{gone['id']}")
    ada.patch(f"tasks/tasks/{cascaded['id']}", {"parent_id": first["id"]})
    ada.patch(f"tasks/tasks/{first['id']}", {"title": "renamed"})
    long_ago(gone)
    purged()
    answer, received, client = subscribed(app, project, 1)
    assert (answer, received) == ({"ok": True, "sequence": 6}, [3, 4, 5, 6])
    project.add("live")
    realtime = app.extensions["realtime"]
    realtime.advance(realtime._rooms[f"tasks.project:{uuid.UUID(project.id)}"])
    assert sequences(client) == [7]
    client.disconnect()


def test_who_resumes_where_the_newest_changes_are_gone_does_not_hang(app, project, ada):
    project.add("first")
    above = project.add("above")
    project.add("secret", parent_id=above["id"])
    long_ago(above)
    purged()
    assert kinds(project) == [(1, "created")]
    answer, received, client = subscribed(app, project, 0)
    assert (answer, received) == ({"ok": True, "sequence": 3}, [1])
    answer, received, other = subscribed(app, project, 2)
    assert (answer, received) == ({"ok": True, "sequence": 3}, [])
    project.add("live")
    realtime = app.extensions["realtime"]
    realtime.advance(realtime._rooms[f"tasks.project:{uuid.UUID(project.id)}"])
    assert (sequences(client), sequences(other)) == ([4], [4])
    client.disconnect()
    other.disconnect()


def test_a_task_that_is_restored_while_the_purge_waits_keeps_its_history(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Race"}))["id"]
    task = json_of(ada.post(f"tasks/projects/{project}/tasks", {"title": "wanted"}))
    ada.delete(f"tasks/tasks/{task['id']}")
    with real.app_context():
        long_ago(task)

    def work():
        with real.app_context():
            purged()

    purging = threading.Thread(target=work)
    with real.app_context(), unit_of_work():
        db.session.execute(sa.update(Task).where(Task.id == task["id"]).values(deleted_at=None))
        purging.start()
        # Within a transaction PostgreSQL shows the activity of its first look again, unless it is told to forget it.
        waiting = sa.text(
            "select count(*) from pg_stat_clear_snapshot(), pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        eventually(lambda: db.session.scalar(waiting) == 1)
    purging.join(20)
    assert json_of(ada.get(f"tasks/tasks/{task['id']}"))["title"] == "wanted"
    changes = json_of(ada.get(f"tasks/projects/{project}/changes"))["items"]
    assert [change["kind"] for change in changes] == ["created", "deleted"]
