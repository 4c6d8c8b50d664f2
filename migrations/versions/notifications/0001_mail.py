"""Mail, the attempts at sending it, and addresses that bounced."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "notifications_0001", None, ("notifications",), "core_0001"


def upgrade():
    op.create_table(
        "notifications_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("template", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=250), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('queued', 'kept', 'sent', 'failed', 'bounced')", name=op.f("ck_notifications_mail_state")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_user.id"], name=op.f("fk_notifications_mail_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications_mail")),
    )
    op.create_index(op.f("ix_notifications_mail_account_id"), "notifications_mail", ["account_id"])
    op.create_index("ix_notifications_mail_state_id", "notifications_mail", ["state", "id"])
    op.create_table(
        "notifications_mail_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.String(length=250), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["notifications_mail.id"], name=op.f("fk_notifications_mail_attempt_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications_mail_attempt")),
    )
    op.create_index(op.f("ix_notifications_mail_attempt_mail_id"), "notifications_mail_attempt", ["mail_id"])
    op.create_table(
        "notifications_bounce",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=250), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_user.id"], name=op.f("fk_notifications_bounce_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_notifications_bounce")),
    )
    op.create_index(op.f("ix_notifications_bounce_account_id"), "notifications_bounce", ["account_id"])


def downgrade():
    op.drop_table("notifications_bounce")
    op.drop_table("notifications_mail_attempt")
    op.drop_table("notifications_mail")
