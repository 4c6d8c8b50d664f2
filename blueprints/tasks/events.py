"""What other stages can hear of tasks."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.events import Event


@dataclass(frozen=True, slots=True)
class TaskCreated(Event):
    """Somebody added a task."""

    name: ClassVar[str] = "tasks.task_created"
    task_id: UUID
    project_id: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class TaskCompleted(Event):
    """A task became done; for a recurring one the next has been made already."""

    name: ClassVar[str] = "tasks.task_completed"
    task_id: UUID
    project_id: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class TaskAssigned(Event):
    """A task was given to somebody."""

    name: ClassVar[str] = "tasks.task_assigned"
    task_id: UUID
    project_id: UUID
    assignee_id: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class ProjectShared(Event):
    """Somebody got a role in a project, or another one."""

    name: ClassVar[str] = "tasks.project_shared"
    project_id: UUID
    user_id: UUID
    role: str
    by: UUID | None
