"""A project to look at, shared between the demo people."""

import datetime as dt
from collections.abc import Sequence

from app.access import Actor
from app.extensions import db
from blueprints.tasks.models import Member
from blueprints.tasks.service import projects, tasks


def build(people: Sequence[Actor]) -> None:
    """`people` are the owner, an editor and a viewer."""
    owner, editor, viewer = people
    project = projects.create({"name": "Analytical Engine", "notes": "Everything for the first run."}, by=owner)
    db.session.add(Member(project_id=project.id, user_id=editor.user_id, role="editor"))
    db.session.add(Member(project_id=project.id, user_id=viewer.user_id, role="viewer"))
    db.session.flush()
    soon = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    first = tasks.create(project.id, {"title": "Translate Menabrea's memoir", "status": "done", "priority": 2}, by=owner)
    tasks.create(
        project.id, {"title": "Write note G", "notes": "The Bernoulli numbers", "status": "doing", "priority": 4, "due_at": soon}, by=owner
    )
    tasks.create(project.id, {"title": "Punch the cards", "tags": ["cards", "workshop"], "assignee_id": editor.user_id}, by=owner)
    tasks.create(project.id, {"title": "Find a nanosecond of wire", "priority": 1, "tags": ["workshop"]}, by=editor)
    tasks.create(
        project.id,
        {"title": "Oil the mill", "due_at": soon, "due_zone": "Europe/London", "recurrence": "FREQ=WEEKLY;BYDAY=MO"},
        by=editor,
    )
    tasks.create(project.id, {"title": "Check the proofs", "parent_id": first.id}, by=owner)
