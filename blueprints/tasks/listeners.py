"""What the tasks stage does when it hears of something."""

from app.access import me
from app.accounts import UserDeleted
from blueprints.tasks.events import ProjectShared, TaskAssigned
from blueprints.tasks.service import members, telling


def forget(event: UserDeleted) -> None:
    """A person is gone: so are their projects and their place in those of others."""
    members.forget(event.user_id, by=me())


def tell_assigned(event: TaskAssigned) -> None:
    """A task was given to somebody: they are told."""
    telling.assigned(event.task_id, event.assignee_id, event.by)


def tell_shared(event: ProjectShared) -> None:
    """A project was shared with somebody: they are told."""
    telling.shared(event.project_id, event.user_id, event.by)
