"""What the tasks stage has workers do."""

import datetime as dt

import sqlalchemy as sa

from app.background import background
from app.extensions import db
from blueprints.tasks.models import Project, Task

KEPT = dt.timedelta(days=30)


@background("tasks.purge", every=dt.timedelta(hours=1))
def purge() -> None:
    """Delete for good what was deleted more than thirty days ago."""
    long_ago = sa.func.now() - KEPT
    db.session.execute(sa.delete(Task).where(Task.deleted_at < long_ago))
    db.session.execute(sa.delete(Project).where(Project.deleted_at < long_ago))
