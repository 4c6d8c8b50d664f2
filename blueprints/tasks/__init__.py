"""Tasks: projects that people share, and what is to do in them. The model of a stage."""

from pathlib import Path

from app.console import Page
from app.notifications import Kind
from app.realtime import Stream
from app.stages import Stage
from blueprints.tasks import background, demo, listeners
from blueprints.tasks.events import ProjectShared, TaskAssigned, TaskCompleted, TaskCreated
from blueprints.tasks.export import export
from blueprints.tasks.service import history
from blueprints.tasks.views import projects, tasks

NOTIFICATIONS = [
    Kind(
        name="tasks.assigned",
        summary="A task is given to you",
        title="{{ by }} gave you the task {{ task }}",
        body="In {{ project }}",
        translations={"de": ("{{ by }} hat Ihnen die Aufgabe {{ task }} gegeben", "In {{ project }}")},
    ),
    Kind(
        name="tasks.shared",
        summary="A project is shared with you",
        title="{{ by }} shared {{ project }} with you",
        body="You are its {{ role }}",
        translations={"de": ("{{ by }} teilt {{ project }} mit Ihnen", "Ihre Rolle: {{ role }}")},
    ),
]

stage = Stage(
    name="tasks",
    summary="Projects and things to do",
    blueprints=[projects.bp, tasks.bp],
    permissions={"tasks.read": "See projects and tasks", "tasks.write": "Change projects and tasks"},
    grants={"user": ["tasks.read", "tasks.write"]},
    emits=[TaskCreated, TaskCompleted, TaskAssigned, ProjectShared],
    listens={
        "accounts.user_deleted": listeners.forget,
        "tasks.task_assigned": listeners.tell_assigned,
        "tasks.project_shared": listeners.tell_shared,
    },
    notifications=NOTIFICATIONS,
    streams=[Stream(history.STREAM, "tasks.read", head=history.head, since=history.since)],
    background=[background.purge],
    console=Page(title="Tasks", path="tasks", module="tasks.js", static=Path(__file__).parent / "console"),
    demo=demo.build,
    export=export,
)
