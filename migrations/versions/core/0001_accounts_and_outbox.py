"""First tables of core."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "core_0001", None, ("core",), None


def upgrade():
    op.create_table('accounts_user',
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('roles', postgresql.ARRAY(sa.String(length=20)), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("roles <@ array['user','staff','admin']::varchar[]", name=op.f('ck_accounts_user_roles')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_user')),
    sa.UniqueConstraint('email_key', name=op.f('uq_accounts_user_email_key'))
    )
    op.create_table('core_call',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('function', sa.String(length=200), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('actor', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('run_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('waiting', 'dead')", name=op.f('ck_core_call_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_call'))
    )
    op.create_index('ix_core_call_due', 'core_call', ['kind', 'run_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('core_schedule',
    sa.Column('function', sa.String(length=200), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('function', name=op.f('pk_core_schedule'))
    )
    op.create_table('accounts_grant',
    sa.Column('role', sa.String(length=20), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('permission', sa.String(length=100), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('(role is null) <> (user_id is null)', name=op.f('ck_accounts_grant_to_one')),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_accounts_grant_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_grant'))
    )
    op.create_index('uq_accounts_grant_role', 'accounts_grant', ['role', 'permission'], unique=True, postgresql_where=sa.text('role is not null'))
    op.create_index('uq_accounts_grant_user', 'accounts_grant', ['user_id', 'permission'], unique=True, postgresql_where=sa.text('user_id is not null'))
    op.create_table('auth_personal_token',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('prefix', sa.String(length=20), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.String(length=100)), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_auth_personal_token_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_personal_token')),
    sa.UniqueConstraint('hash', name=op.f('uq_auth_personal_token_hash'))
    )
    op.create_index('ix_auth_personal_token_user', 'auth_personal_token', ['user_id', 'id'], unique=False)
    op.create_table('auth_session',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=40), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_auth_session_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_session'))
    )
    op.create_index('ix_auth_session_open', 'auth_session', ['user_id', 'id'], unique=False, postgresql_where=sa.text('ended_at is null'))
    op.create_table('core_idempotency_key',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('headers', sa.JSON(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_core_idempotency_key_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'key', name=op.f('pk_core_idempotency_key'))
    )
    op.create_index(op.f('ix_core_idempotency_key_created_at'), 'core_idempotency_key', ['created_at'], unique=False)
    op.create_table('auth_refresh_token',
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('successor', sa.LargeBinary(), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['auth_session.id'], name=op.f('fk_auth_refresh_token_session_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_refresh_token'))
    )
    op.create_index(op.f('ix_auth_refresh_token_session_id'), 'auth_refresh_token', ['session_id'], unique=False)


def downgrade():
    op.drop_index(op.f('ix_auth_refresh_token_session_id'), table_name='auth_refresh_token')
    op.drop_table('auth_refresh_token')
    op.drop_index(op.f('ix_core_idempotency_key_created_at'), table_name='core_idempotency_key')
    op.drop_table('core_idempotency_key')
    op.drop_index('ix_auth_session_open', table_name='auth_session', postgresql_where=sa.text('ended_at is null'))
    op.drop_table('auth_session')
    op.drop_index('ix_auth_personal_token_user', table_name='auth_personal_token')
    op.drop_table('auth_personal_token')
    op.drop_index('uq_accounts_grant_user', table_name='accounts_grant', postgresql_where=sa.text('user_id is not null'))
    op.drop_index('uq_accounts_grant_role', table_name='accounts_grant', postgresql_where=sa.text('role is not null'))
    op.drop_table('accounts_grant')
    op.drop_table('core_schedule')
    op.drop_index('ix_core_call_due', table_name='core_call', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('core_call')
    op.drop_table('accounts_user')
