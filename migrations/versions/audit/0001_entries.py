"""The audit log. The database itself refuses changes of what was written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "audit_0001", None, ("audit",), "core_0001"

REFUSE = """
create function audit_refuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('zero2hero.audit_retention', true) = 'on' then
        return old;
    end if;
    raise exception 'audit entries are never changed' using errcode = 'integrity_constraint_violation';
end $$
"""


def upgrade():
    op.create_table('audit_entry',
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_account_id_id', 'audit_entry', ['account_id', 'id'], unique=False)
    op.create_index('ix_audit_entry_actor_id_id', 'audit_entry', ['actor_id', 'id'], unique=False)
    op.create_index('ix_audit_entry_action_id', 'audit_entry', ['action', 'id'], unique=False)
    op.create_table('audit_origin',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=200), nullable=False),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_origin_entry_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_audit_origin'))
    )
    op.execute(REFUSE)
    op.execute("create trigger audit_entry_append_only before update or delete on audit_entry for each row execute function audit_refuse()")
    op.execute("create trigger audit_entry_no_truncate before truncate on audit_entry for each statement execute function audit_refuse()")
    op.execute("create trigger audit_origin_no_update before update on audit_origin for each row execute function audit_refuse()")


def downgrade():
    op.drop_table('audit_origin')
    op.drop_table('audit_entry')
    op.execute("drop function audit_refuse()")
