"""Every change of a task is a row with the next number of its project."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.access import Actor
from app.db import Prepared, Search, bind
from app.extensions import db
from app.observe import current_request_id
from app.realtime import ring
from blueprints.tasks import policy
from blueprints.tasks.models import Change, Project, Task
from blueprints.tasks.service import projects
from blueprints.tasks.service.projects import STREAM

CHANGES = Search(
    columns=(Change.sequence, Change.task_id, Change.kind, Change.actor_id, Change.changes, Change.request_id, Change.at),
    where=lambda: (Change.project_id == bind("project_id", Change.project_id),),
    filters={
        "task_id": (lambda value: Change.task_id == value, Change.task_id),
        "after": (lambda value: Change.sequence > value, Change.sequence),
    },
    key=Change.sequence,
)

SINCE = Prepared(
    lambda: (
        sa.select(Change.sequence, Change.task_id, Change.kind, Change.actor_id, Change.changes, Change.request_id, Change.at)
        .where(Change.project_id == bind("project_id", Change.project_id), Change.sequence > bind("after", Change.sequence))
        .order_by(Change.sequence)
        .limit(sa.bindparam("limit", type_=sa.Integer(), required=False))
    )
)


def record(task: Task, kind: str, changes: Mapping[str, Any], *, by: Actor) -> int:
    """Write the change and ring the bell of its project. Locks the project until the transaction ends, which
    is what makes sequence order and commit order the same."""
    counted = sa.update(Project).where(Project.id == task.project_id).values(sequence=Project.sequence + 1)
    sequence = db.session.execute(counted.returning(Project.sequence).execution_options(synchronize_session=False)).scalar_one()
    db.session.add(
        Change(
            project_id=task.project_id,
            sequence=sequence,
            task_id=task.id,
            kind=kind,
            actor_id=by.user_id,
            changes=dict(changes),
            request_id=current_request_id(),
        )
    )
    ring(STREAM, task.project_id)
    return sequence


def of_task(task_id: uuid.UUID, project_id: uuid.UUID):
    """The history of one task, the newest first."""
    return CHANGES.listing({"task_id": task_id}, sort="-", project_id=project_id)


def of_project(project_id: uuid.UUID, filters: Mapping[str, Any], *, by: Actor):
    """The changes of a project's tasks, the oldest first."""
    projects.role_in(project_id, by=by)
    return CHANGES.listing(filters, sort="", project_id=project_id)


def head(project_id: uuid.UUID, by: Actor) -> int:
    """The newest sequence. Raises NoSuchProject for who may not see it."""
    project = projects.read(project_id, by=by)
    if project.deleted_at is not None:
        raise policy.NoSuchProject()
    return project.sequence


def since(project_id: uuid.UUID, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """What subscribers receive: `{sequence, task_id, kind, actor_id, changes, request_id, at}`."""
    return [
        {
            "sequence": row.sequence,
            "task_id": str(row.task_id),
            "kind": row.kind,
            "actor_id": str(row.actor_id) if row.actor_id else None,
            "changes": row.changes,
            "request_id": row.request_id,
            "at": row.at.isoformat(timespec="microseconds"),
        }
        for row in SINCE.rows(project_id=project_id, after=after, limit=limit)
    ]
