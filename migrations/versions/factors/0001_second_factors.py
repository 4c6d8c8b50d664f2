"""Second factors, and when and how sessions authenticated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "factors_0001", None, ("factors",), "core_0001"


def user(table, **options):
    return (
        sa.Column('user_id', sa.Uuid(), **options),
        sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f(f'fk_{table}_user_id'), ondelete='CASCADE'),
    )


def upgrade():
    op.add_column('auth_session', sa.Column('authenticated_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("update auth_session set authenticated_at = created_at")
    op.alter_column('auth_session', 'authenticated_at', nullable=False, server_default=sa.text('now()'))
    op.add_column('auth_session', sa.Column('methods', postgresql.ARRAY(sa.String(length=40)), nullable=False, server_default='{password}'))
    op.alter_column('auth_session', 'methods', server_default=None)
    op.create_table('auth_totp',
    *user('auth_totp', nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_totp'))
    )
    op.create_index('uq_auth_totp_used', 'auth_totp', ['user_id'], unique=True, postgresql_where=sa.text('confirmed_at is not null'))
    op.create_index('uq_auth_totp_begun', 'auth_totp', ['user_id'], unique=True, postgresql_where=sa.text('confirmed_at is null'))
    op.create_table('auth_recovery_code',
    *user('auth_recovery_code', nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('user_id', 'hash', name=op.f('pk_auth_recovery_code'))
    )
    op.create_table('auth_passkey',
    *user('auth_passkey', nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('transports', postgresql.ARRAY(sa.String(length=20)), nullable=False),
    sa.Column('backed_up', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_passkey')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_auth_passkey_credential_id'))
    )
    op.create_index('ix_auth_passkey_user_id_id', 'auth_passkey', ['user_id', 'id'], unique=False)
    op.create_table('auth_challenge',
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    *user('auth_challenge', nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_challenge'))
    )
    op.create_index(op.f('ix_auth_challenge_user_id'), 'auth_challenge', ['user_id'], unique=False)
    op.create_index(op.f('ix_auth_challenge_expires_at'), 'auth_challenge', ['expires_at'], unique=False)
    op.create_table('auth_pending_log_in',
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    *user('auth_pending_log_in', nullable=False),
    sa.Column('methods', postgresql.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('password', sa.LargeBinary(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_pending_log_in'))
    )
    op.create_index(op.f('ix_auth_pending_log_in_user_id'), 'auth_pending_log_in', ['user_id'], unique=False)
    op.create_index(op.f('ix_auth_pending_log_in_expires_at'), 'auth_pending_log_in', ['expires_at'], unique=False)


def downgrade():
    for table in ('auth_pending_log_in', 'auth_challenge', 'auth_passkey', 'auth_recovery_code', 'auth_totp'):
        op.drop_table(table)
    op.drop_column('auth_session', 'methods')
    op.drop_column('auth_session', 'authenticated_at')
