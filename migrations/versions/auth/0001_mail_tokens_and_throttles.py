"""Verified addresses, links in mails, throttles of guessing, and what proves to be no robot."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "auth_0001", None, ("auth",), "core_0001"


def upgrade():
    op.add_column('accounts_user', sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('auth_mail_token',
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("purpose in ('verify', 'reset', 'change', 'undo')", name=op.f('ck_auth_mail_token_purpose')),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_auth_mail_token_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_mail_token'))
    )
    op.create_index('ix_auth_mail_token_user_id', 'auth_mail_token', ['user_id', 'purpose', 'created_at'], unique=False)
    op.create_index('ix_auth_mail_token_email_key', 'auth_mail_token', ['email_key'], unique=False, postgresql_where=sa.text('email_key is not null'))
    op.create_index('ix_auth_mail_token_expires_at', 'auth_mail_token', ['expires_at'], unique=False)
    op.create_table('auth_throttle',
    sa.Column('key', sa.LargeBinary(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_auth_throttle'))
    )
    op.create_index(op.f('ix_auth_throttle_last_at'), 'auth_throttle', ['last_at'], unique=False)
    op.create_table('auth_place',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.String(length=45), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_auth_place_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'network', name=op.f('pk_auth_place'))
    )
    op.create_index(op.f('ix_auth_place_seen_at'), 'auth_place', ['seen_at'], unique=False)
    op.create_table('auth_solved',
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_solved'))
    )
    op.create_index(op.f('ix_auth_solved_expires_at'), 'auth_solved', ['expires_at'], unique=False)


def downgrade():
    op.drop_table('auth_solved')
    op.drop_table('auth_place')
    op.drop_table('auth_throttle')
    op.drop_table('auth_mail_token')
    op.drop_column('accounts_user', 'verified_at')
