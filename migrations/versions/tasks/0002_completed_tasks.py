"""Statistics read the completed tasks of a range of days."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "tasks_0002", "tasks_0001", None, None


def upgrade():
    completed = sa.text("completed_at is not null")
    op.create_index("ix_tasks_task_completed_at", "tasks_task", ["project_id", "completed_at"], postgresql_where=completed)


def downgrade():
    op.drop_index("ix_tasks_task_completed_at", table_name="tasks_task")
