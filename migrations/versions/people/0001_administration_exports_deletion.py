"""What administration, impersonation, exports and deletion of accounts need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "people_0001", None, ("people",), "core_0001"

SEARCH = "to_tsvector('simple', translate(name || ' ' || email, '@._+-/&%#', '         '))"


def upgrade():
    op.add_column('accounts_user', sa.Column('deletion_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts_user', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts_user', sa.Column('search', postgresql.TSVECTOR(), sa.Computed(SEARCH, persisted=True), nullable=True))
    op.create_index('ix_accounts_user_search', 'accounts_user', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_accounts_user_roles', 'accounts_user', ['roles'], unique=False, postgresql_using='gin')
    op.create_index('ix_accounts_user_created_at', 'accounts_user', ['created_at', 'id'], unique=False)
    op.create_index('ix_accounts_user_disabled', 'accounts_user', ['created_at', 'id'], unique=False, postgresql_where=sa.text('disabled_at is not null'))
    op.create_index('ix_accounts_user_deletion_at', 'accounts_user', ['deletion_at'], unique=False, postgresql_where=sa.text('deletion_at is not null'))
    op.create_index('ix_accounts_user_erased_at', 'accounts_user', ['erased_at'], unique=False, postgresql_where=sa.text('erased_at is not null'))
    op.create_table('accounts_export',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('archive', sa.LargeBinary(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('pending', 'ready', 'too_large', 'failed')", name=op.f('ck_accounts_export_state')),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_accounts_export_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_export'))
    )
    op.create_index('ix_accounts_export_user_id_id', 'accounts_export', ['user_id', 'id'], unique=False)
    op.create_index('ix_accounts_export_expires_at', 'accounts_export', ['expires_at'], unique=False)
    op.create_index('uq_accounts_export_pending', 'accounts_export', ['user_id'], unique=True, postgresql_where=sa.text("state = 'pending'"))
    op.add_column('auth_session', sa.Column('impersonator_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_auth_session_impersonator_id'), 'auth_session', 'accounts_user', ['impersonator_id'], ['id'], ondelete='CASCADE')
    op.create_index('ix_auth_session_impersonator', 'auth_session', ['impersonator_id'], unique=False, postgresql_where=sa.text('impersonator_id is not null'))


def downgrade():
    op.drop_index('ix_auth_session_impersonator', table_name='auth_session')
    op.drop_constraint(op.f('fk_auth_session_impersonator_id'), 'auth_session', type_='foreignkey')
    op.drop_column('auth_session', 'impersonator_id')
    op.drop_table('accounts_export')
    for index in ('erased_at', 'deletion_at', 'disabled', 'created_at', 'roles', 'search'):
        op.drop_index(f'ix_accounts_user_{index}', table_name='accounts_user')
    for column in ('search', 'erased_at', 'deletion_at'):
        op.drop_column('accounts_user', column)
