"""What the tasks stage does when it hears of something."""

from app.access import me
from app.accounts import UserDeleted
from blueprints.tasks.service import members


def forget(event: UserDeleted) -> None:
    """A person is gone: so are their projects and their place in those of others."""
    members.forget(event.user_id, by=me())
