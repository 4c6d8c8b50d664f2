"""Points."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "loyalty_0001", None, ("loyalty",), "core_0001"


def upgrade():
    op.create_table(
        "loyalty_points",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_loyalty_points_user_id", "loyalty_points", ["user_id"])


def downgrade():
    op.drop_table("loyalty_points")
