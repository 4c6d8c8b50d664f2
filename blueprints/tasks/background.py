"""What the tasks stage has workers do."""

import datetime as dt

import sqlalchemy as sa

from app.background import background
from app.extensions import db
from blueprints.tasks.models import Change, Project, Task

KEPT = dt.timedelta(days=30)


@background("tasks.purge", every=dt.timedelta(hours=1))
def purge() -> None:
    """Delete for good what was deleted more than thirty days ago, with everything that was written in it.

    Of the history of a task stays that it was deleted, which holds no text: whoever resumes the stream from before
    must be told. The sequence of a project is a counter of its own, and a gap in it is no more than a gap.
    """
    long_ago = sa.func.now() - KEPT
    # One statement: a task that is restored meanwhile keeps its history.
    gone = sa.delete(Task).where(Task.deleted_at < long_ago).returning(Task.id).cte("gone")
    under = sa.select(Task.id).where(Task.parent_id.in_(sa.select(gone.c.id)))
    history = sa.delete(Change).where(Change.task_id.in_(sa.union_all(sa.select(gone.c.id), under)), Change.kind != "deleted")
    db.session.execute(history.execution_options(synchronize_session=False))
    db.session.execute(sa.delete(Project).where(Project.deleted_at < long_ago))
