"""What the tasks stage does when it hears of something."""

import sqlalchemy as sa

from app.accounts import UserDeleted
from app.extensions import db
from blueprints.tasks.models import Member, Project


def forget(event: UserDeleted) -> None:
    """A person is gone: so are their projects and their place in those of others."""
    db.session.execute(sa.delete(Project).where(Project.owner_id == event.user_id))
    db.session.execute(sa.delete(Member).where(Member.user_id == event.user_id))
