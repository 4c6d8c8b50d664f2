"""Who shares a project, and as what."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app import accounts
from app.access import Actor
from app.accounts import User
from app.db import Search, bind
from app.errors import NotFound
from app.events import emit
from app.extensions import db
from app.realtime import kick
from blueprints.tasks import policy
from blueprints.tasks.events import ProjectShared
from blueprints.tasks.models import Member, Project
from blueprints.tasks.service import projects, tasks

MEMBERS = Search(
    columns=(Member.user_id, User.name, User.email, Member.role, Member.created_at),
    where=lambda: (Member.project_id == bind("project_id", Member.project_id), User.id == Member.user_id),
    key=Member.user_id,
)


def search(project_id: uuid.UUID, *, by: Actor):
    projects.role_in(project_id, by=by)
    return MEMBERS.listing({}, sort="", project_id=project_id)


def share(project_id: uuid.UUID, email: str, role: str, *, by: Actor) -> Any:
    """Give a person with an account a role. Raises NobodyThere when nobody has this address."""
    projects.taken(project_id, by=by, needed="owner")
    person = accounts.find_by_email(email)
    if person is None:
        raise policy.NobodyThere(errors={"/email": "Ask them to sign up first."})
    return set_role(project_id, person.id, role, by=by)


def set_role(project_id: uuid.UUID, user_id: uuid.UUID, role: str, *, by: Actor) -> Any:
    """Give somebody a role, or another one. Raises OwnerStays, NotFound."""
    project = projects.taken(project_id, by=by, needed="owner")
    if user_id == project.owner_id:
        raise policy.OwnerStays()
    if db.session.get(User, user_id) is None:
        raise NotFound("There is no such account.")
    row = {"project_id": project_id, "user_id": user_id, "role": role}
    db.session.execute(insert(Member).values(row).on_conflict_do_update(index_elements=["project_id", "user_id"], set_={"role": role}))
    projects.touch(project)
    emit(ProjectShared(project_id, user_id, role, by.user_id))
    return next(row for row in MEMBERS.listing({}, sort="", project_id=project_id).all() if row.user_id == user_id)


def remove(project_id: uuid.UUID, user_id: uuid.UUID, *, by: Actor) -> None:
    """Take somebody's role away, and their tasks; everybody may leave by themselves. Their sockets leave the stream at once."""
    project = projects.taken(project_id, by=by, needed="viewer" if user_id == by.user_id else "owner")
    if user_id == project.owner_id:
        raise policy.OwnerStays()
    if not drop(project_id, user_id, by=by):
        raise NotFound("They are no member of this project.")
    projects.touch(project)


def drop(project_id: uuid.UUID, user_id: uuid.UUID, *, by: Actor) -> bool:
    """Take the membership of a locked project away, with what hangs on it; whether there was one."""
    gone = sa.delete(Member).where(Member.project_id == project_id, Member.user_id == user_id)
    if not db.session.execute(gone).rowcount:  # type: ignore[attr-defined]
        return False
    tasks.unassign(project_id, user_id, by=by)
    kick(projects.STREAM, project_id, user_id, "not_a_member")
    return True


def forget(user_id: uuid.UUID, *, by: Actor) -> None:
    """A person is gone for good: so are their projects and their place in those of others."""
    own = sa.select(Project.id).where(Project.owner_id == user_id).order_by(Project.id).with_for_update()
    for project_id in db.session.scalars(own).all():
        projects.put_out_everybody(project_id)
        db.session.execute(sa.delete(Project).where(Project.id == project_id))
    shared = sa.select(Project).join(Member, Member.project_id == Project.id).where(Member.user_id == user_id)
    for project in db.session.scalars(shared.order_by(Project.id).with_for_update(of=Project)).all():
        drop(project.id, user_id, by=by)
        projects.touch(project)
