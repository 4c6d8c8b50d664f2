"""Projects, who may see them, their tasks, and every change of those."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Timed, Versioned

STATUSES = ("todo", "doing", "done")
ROLES = ("owner", "editor", "viewer")
FOREVER = sa.literal_column("'infinity'::timestamptz", sa.DateTime(timezone=True))


class Project(Identified, Timed, Versioned, Base):
    """A list of tasks that people share. ``sequence`` counts the changes of its tasks."""

    __tablename__ = "tasks_project"

    name: Mapped[str] = mapped_column(sa.String(200))
    notes: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger(), default=0, server_default="0")
    deleted_at: Mapped[dt.datetime | None]


class Member(Base):
    """Somebody who may see a project, the owner among them."""

    __tablename__ = "tasks_member"
    __table_args__ = (
        sa.CheckConstraint(f"role in {ROLES}", name="role"),
        sa.Index("ix_tasks_member_user_id_project_id", "user_id", "project_id"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tasks_project.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(10))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class Task(Identified, Timed, Versioned, Base):
    """Something to do. ``position`` is a fractional index (:mod:`blueprints.tasks.order`): a move costs one row."""

    __tablename__ = "tasks_task"

    project_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tasks_project.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tasks_task.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(sa.String(500))
    notes: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(sa.String(10), default="todo")
    priority: Mapped[int] = mapped_column(sa.SmallInteger(), default=0)
    due_at: Mapped[dt.datetime | None]
    due_zone: Mapped[str | None] = mapped_column(sa.String(60))
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.String(50)), default=list)
    position: Mapped[str] = mapped_column(sa.String(300, collation="C"))
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="SET NULL"), index=True)
    recurrence: Mapped[str | None] = mapped_column(sa.String(200))
    completed_at: Mapped[dt.datetime | None]
    deleted_at: Mapped[dt.datetime | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="SET NULL"), index=True)
    search: Mapped[str] = mapped_column(
        TSVECTOR(), sa.Computed("to_tsvector('simple', title || ' ' || notes)", persisted=True), deferred=True
    )

    __table_args__ = (
        sa.CheckConstraint(f"status in {STATUSES}", name="status"),
        sa.CheckConstraint("priority between 0 and 4", name="priority"),
        sa.Index("ix_tasks_task_position", "project_id", "position", "id"),
        sa.Index("ix_tasks_task_due_at", "project_id", sa.text("coalesce(due_at, 'infinity'::timestamptz)"), "id"),
        sa.Index("ix_tasks_task_priority", "project_id", "priority", "id"),
        sa.Index("ix_tasks_task_created_at", "project_id", "created_at", "id"),
        sa.Index("ix_tasks_task_updated_at", "project_id", "updated_at", "id"),
        sa.Index("ix_tasks_task_title", "project_id", "title", "id"),
        sa.Index("ix_tasks_task_completed_at", "project_id", "completed_at", postgresql_where=sa.text("completed_at is not null")),
        sa.Index("ix_tasks_task_search", "search", postgresql_using="gin"),
        sa.Index("ix_tasks_task_tags", "tags", postgresql_using="gin"),
        sa.Index("ix_tasks_task_deleted_at", "deleted_at", postgresql_where=sa.text("deleted_at is not null")),
    )


class Change(Base):
    """One change of one task, in the order of its project: the history, and what the realtime stream replays."""

    __tablename__ = "tasks_change"
    __table_args__ = (sa.Index("ix_tasks_change_task_id_sequence", "task_id", "sequence"),)

    project_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tasks_project.id", ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger(), primary_key=True, autoincrement=False)
    task_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(sa.String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="SET NULL"), index=True)
    changes: Mapped[dict] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
