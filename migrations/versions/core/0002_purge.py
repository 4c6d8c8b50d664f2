"""Indexes that tell the purge what is over."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "core_0002", "core_0001", None, None


def upgrade():
    op.create_index('ix_auth_session_over', 'auth_session', [sa.text('least(ended_at, expires_at)')], unique=False)
    op.create_index('ix_auth_refresh_token_used', 'auth_refresh_token', ['used_at'], unique=False, postgresql_where=sa.text('used_at is not null'))


def downgrade():
    op.drop_index('ix_auth_refresh_token_used', table_name='auth_refresh_token', postgresql_where=sa.text('used_at is not null'))
    op.drop_index('ix_auth_session_over', table_name='auth_session')
