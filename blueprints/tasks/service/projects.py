"""Projects and who shares them. Lock order: project, then members by id, then tasks by id."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.access import Actor
from app.db import Prepared, Search, bind, new_id, take
from app.extensions import db
from app.realtime import kick
from blueprints.tasks import policy
from blueprints.tasks.models import Member, Project

STREAM = "tasks.project"
"""Every change of a project's tasks, live."""

COLUMNS = (
    Project.id,
    Project.name,
    Project.notes,
    Member.role,
    Project.version,
    Project.sequence,
    Project.deleted_at,
    Project.created_at,
    Project.updated_at,
)


def mine() -> sa.ColumnElement[bool]:
    return sa.and_(Member.project_id == Project.id, Member.user_id == bind("user_id", Member.user_id))


PROJECTS = Search(
    columns=COLUMNS,
    where=lambda: (mine(),),
    filters={
        "deleted": lambda deleted: Project.deleted_at.is_not(None) if deleted else Project.deleted_at.is_(None),
        "role": (lambda value: Member.role == value, Member.role),
        "name": (lambda value: Project.name == value, Project.name),
        "created_before": (lambda value: Project.created_at < value, Project.created_at),
        "created_after": (lambda value: Project.created_at >= value, Project.created_at),
        "updated_before": (lambda value: Project.updated_at < value, Project.updated_at),
        "updated_after": (lambda value: Project.updated_at >= value, Project.updated_at),
        # Without an index: a person has some projects, not thousands.
        "q": (
            lambda value: sa.func.to_tsvector("simple", Project.name + " " + Project.notes).op("@@")(
                sa.func.websearch_to_tsquery("simple", value)
            ),
            Project.name,
        ),
    },
    sorts={"created_at": Project.created_at, "updated_at": Project.updated_at, "name": Project.name},
    key=Project.id,
)

ONE = Prepared(lambda: sa.select(*COLUMNS).where(mine(), Project.id == bind("id", Project.id)))
ROLE = Prepared(lambda: sa.select(Member.role).where(mine(), Project.id == bind("id", Project.id), Project.deleted_at.is_(None)))


def search(filters: Mapping[str, Any], sort: str, *, by: Actor):
    return PROJECTS.listing({"deleted": False, **filters}, sort=sort, user_id=by.user_id)


def read(project_id: uuid.UUID, *, by: Actor) -> Any:
    """Raises NoSuchProject for who may not see it."""
    row = ONE.one(id=project_id, user_id=by.user_id)
    if row is None:
        raise policy.NoSuchProject()
    return row


def role_in(project_id: uuid.UUID, *, by: Actor, needed: str = "viewer") -> str:
    """The actor's role in a project that is not deleted. Raises NoSuchProject or RoleTooLow."""
    row = ROLE.one(id=project_id, user_id=by.user_id)
    if row is None:
        raise policy.NoSuchProject()
    policy.require(row.role, needed)
    return row.role


def lock(project_id: uuid.UUID, *, by: Actor) -> None:
    """Keep other changes of the project and of its tasks out until the unit of work ends; nothing for who is no member.

    First of all locks, so that no two changes wait for each other. Keys may still point here meanwhile.
    """
    member = sa.and_(Member.project_id == Project.id, Member.user_id == by.user_id)
    wanted = sa.select(Project.id).join(Member, member).where(Project.id == project_id)
    db.session.execute(wanted.with_for_update(of=[Project, Member], key_share=True))


def create(data: Mapping[str, Any], *, by: Actor) -> Any:
    """A project of the actor's own, as :func:`read` returns it."""
    project = Project(id=new_id(), owner_id=by.user_id, **data)
    db.session.add(project)
    db.session.flush()
    db.session.add(Member(project_id=project.id, user_id=by.user_id, role="owner"))
    db.session.flush()
    return read(project.id, by=by)


def edit(project_id: uuid.UUID, changes: Mapping[str, Any], *, by: Actor) -> Any:
    """The project with its new values. Raises NoSuchProject, RoleTooLow and PreconditionFailed."""
    project = taken(project_id, by=by, needed="editor")
    for name, value in changes.items():
        setattr(project, name, value)
    touch(project)
    return read(project_id, by=by)


def delete(project_id: uuid.UUID, *, by: Actor) -> None:
    """Put the project away for thirty days."""
    project = taken(project_id, by=by, needed="owner")
    project.deleted_at = dt.datetime.now(dt.UTC)
    touch(project)
    put_out_everybody(project_id)


def put_out_everybody(project_id: uuid.UUID) -> None:
    """Their sockets leave the stream of a project that is gone."""
    for user_id in db.session.scalars(sa.select(Member.user_id).where(Member.project_id == project_id)):
        kick(STREAM, project_id, user_id, "no_such_project")


def restore(project_id: uuid.UUID, *, by: Actor) -> Any:
    """Take back a deletion of the last thirty days. Raises NoSuchProject, NotDeleted."""
    project = taken(project_id, by=by, needed="owner", deleted=True)
    project.deleted_at = None
    touch(project)
    return read(project_id, by=by)


def taken(project_id: uuid.UUID, *, by: Actor, needed: str, deleted: bool = False) -> Project:
    """The project, locked, its version checked against the precondition."""
    role = db.session.scalar(sa.select(Member.role).where(Member.project_id == project_id, Member.user_id == by.user_id))
    if role is None:
        raise policy.NoSuchProject()
    policy.require(role, needed)
    there = Project.deleted_at.is_not(None) if deleted else Project.deleted_at.is_(None)
    project = take(sa.select(Project).where(Project.id == project_id, there))
    if project is None:
        raise policy.NotDeleted() if deleted else policy.NoSuchProject()
    return project


def touch(project: Project) -> None:
    """A new version, also when only the members changed."""
    project.updated_at = dt.datetime.now(dt.UTC)
    db.session.flush()
