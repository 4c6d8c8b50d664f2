"""Signing in through others: identities, and visits to providers that are under way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "identities_0001", None, ("identities",), "core_0001"


def upgrade():
    op.create_table('auth_identity',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.String(length=30), nullable=False),
    sa.Column('issuer', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('verified', sa.Boolean(), nullable=False),
    sa.Column('linked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_auth_identity_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_identity')),
    sa.UniqueConstraint('issuer', 'subject', name='uq_auth_identity_issuer_subject')
    )
    op.create_index('ix_auth_identity_account_id_id', 'auth_identity', ['account_id', 'id'], unique=False)
    op.create_table('auth_social_flow',
    sa.Column('provider', sa.String(length=30), nullable=False),
    sa.Column('state_hash', sa.LargeBinary(), nullable=False),
    sa.Column('binding_hash', sa.LargeBinary(), nullable=False),
    sa.Column('callback', sa.Text(), nullable=False),
    sa.Column('native', sa.String(length=500), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handover_hash', sa.LargeBinary(), nullable=True),
    sa.Column('claimed', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_auth_social_flow_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_social_flow')),
    sa.UniqueConstraint('handover_hash', name=op.f('uq_auth_social_flow_handover_hash')),
    sa.UniqueConstraint('state_hash', name=op.f('uq_auth_social_flow_state_hash'))
    )
    op.create_index(op.f('ix_auth_social_flow_account_id'), 'auth_social_flow', ['account_id'], unique=False)
    op.create_index('ix_auth_social_flow_expires_at', 'auth_social_flow', ['expires_at'], unique=False)


def downgrade():
    op.drop_table('auth_social_flow')
    op.drop_table('auth_identity')
