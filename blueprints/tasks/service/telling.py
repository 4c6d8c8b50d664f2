"""Who is told of what."""

import uuid

import sqlalchemy as sa

from app import accounts
from app.extensions import db
from app.notifications import notify
from blueprints.tasks.models import Member, Project, Task


def assigned(task_id: uuid.UUID, assignee_id: uuid.UUID, by: uuid.UUID | None) -> None:
    """Somebody was given a task. Not if they gave it to themselves, or have left the project meanwhile."""
    wanted = sa.select(Task.title, Project.id, Project.name).join(Project, Project.id == Task.project_id)
    wanted = wanted.join(Member, (Member.project_id == Project.id) & (Member.user_id == assignee_id))
    row = db.session.execute(wanted.where(Task.id == task_id, Task.assignee_id == assignee_id, Task.deleted_at.is_(None))).first()
    if row is not None and by != assignee_id:
        data = {"by": name_of(by), "task": row.title, "project": row.name, "task_id": task_id, "project_id": row.id}
        notify(assignee_id, "tasks.assigned", data, group=f"task:{task_id}", link=f"/#/tasks/{row.id}")


def shared(project_id: uuid.UUID, user_id: uuid.UUID, by: uuid.UUID | None) -> None:
    """Somebody got a role in a project, or another one."""
    wanted = sa.select(Project.name, Member.role).join(Member, (Member.project_id == Project.id) & (Member.user_id == user_id))
    row = db.session.execute(wanted.where(Project.id == project_id, Project.deleted_at.is_(None))).first()
    if row is not None and by != user_id:
        data = {"by": name_of(by), "project": row.name, "role": row.role, "project_id": project_id}
        notify(user_id, "tasks.shared", data, group=f"project:{project_id}", link=f"/#/tasks/{project_id}")


def name_of(user_id: uuid.UUID | None) -> str:
    return accounts.names({user_id}).get(user_id, "Somebody") if user_id is not None else "Somebody"
