"""What this stage knows of a person, for the archive of their data."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from blueprints.tasks.models import Member, Project, Task

PROJECT = (Project.id, Project.name, Project.notes, Member.role, Project.created_at, Project.updated_at, Project.deleted_at)
TASK = (
    Task.id,
    Task.project_id,
    Task.parent_id,
    Task.title,
    Task.notes,
    Task.status,
    Task.priority,
    Task.due_at,
    Task.due_zone,
    Task.tags,
    Task.recurrence,
    Task.assignee_id,
    Task.created_by,
    Task.created_at,
    Task.updated_at,
    Task.completed_at,
    Task.deleted_at,
)


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    """Their projects; of those of others where they are a member, what they made or have to do."""
    mine = Member.user_id == account_id
    projects = sa.select(*PROJECT).join(Member, Member.project_id == Project.id).where(mine).order_by(Project.id)
    theirs = sa.or_(Member.role == "owner", Task.created_by == account_id, Task.assignee_id == account_id)
    tasks = sa.select(*TASK).join(Member, Member.project_id == Task.project_id).where(mine, theirs).order_by(Task.id)
    return {"projects": db.session.execute(projects), "tasks": db.session.execute(tasks)}
