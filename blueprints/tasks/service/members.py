"""Who shares a project, and as what."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app import accounts
from app.access import Actor
from app.accounts import User
from app.db import Search, bind
from app.errors import NotFound, Unprocessable
from app.events import emit
from app.extensions import db
from app.realtime import kick
from blueprints.tasks import policy
from blueprints.tasks.events import ProjectShared
from blueprints.tasks.models import Member
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
    """Give a person with an account a role. Raises Unprocessable when nobody has this address."""
    projects.taken(project_id, by=by, needed="owner")
    person = accounts.find_by_email(email)
    if person is None:
        raise Unprocessable(errors={"/email": "Nobody here has this address. Ask them to sign up first."})
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
    gone = sa.delete(Member).where(Member.project_id == project_id, Member.user_id == user_id)
    if not db.session.execute(gone).rowcount:  # type: ignore[attr-defined]
        raise NotFound("They are no member of this project.")
    tasks.unassign(project_id, user_id, by=by)
    projects.touch(project)
    kick("tasks.project", project_id, user_id, "not_a_member")
