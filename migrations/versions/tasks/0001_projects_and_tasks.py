"""First tables of tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "tasks_0001", None, ("tasks",), "core_0001"


def upgrade():
    op.create_table('tasks_project',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['accounts_user.id'], name=op.f('fk_tasks_project_owner_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks_project'))
    )
    op.create_index(op.f('ix_tasks_project_owner_id'), 'tasks_project', ['owner_id'], unique=False)
    op.create_table('tasks_change',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['accounts_user.id'], name=op.f('fk_tasks_change_actor_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['project_id'], ['tasks_project.id'], name=op.f('fk_tasks_change_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('project_id', 'sequence', name=op.f('pk_tasks_change'))
    )
    op.create_index(op.f('ix_tasks_change_actor_id'), 'tasks_change', ['actor_id'], unique=False)
    op.create_index('ix_tasks_change_task_id_sequence', 'tasks_change', ['task_id', 'sequence'], unique=False)
    op.create_table('tasks_member',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("role in ('owner', 'editor', 'viewer')", name=op.f('ck_tasks_member_role')),
    sa.ForeignKeyConstraint(['project_id'], ['tasks_project.id'], name=op.f('fk_tasks_member_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['accounts_user.id'], name=op.f('fk_tasks_member_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('project_id', 'user_id', name=op.f('pk_tasks_member'))
    )
    op.create_index('ix_tasks_member_user_id_project_id', 'tasks_member', ['user_id', 'project_id'], unique=False)
    op.create_table('tasks_task',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.String(length=500), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('priority', sa.SmallInteger(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_zone', sa.String(length=60), nullable=True),
    sa.Column('tags', postgresql.ARRAY(sa.String(length=50)), nullable=False),
    sa.Column('position', sa.String(length=300, collation='C'), nullable=False),
    sa.Column('assignee_id', sa.Uuid(), nullable=True),
    sa.Column('recurrence', sa.String(length=200), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', title || ' ' || notes)", persisted=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("status in ('todo', 'doing', 'done')", name=op.f('ck_tasks_task_status')),
    sa.CheckConstraint('priority between 0 and 4', name=op.f('ck_tasks_task_priority')),
    sa.ForeignKeyConstraint(['assignee_id'], ['accounts_user.id'], name=op.f('fk_tasks_task_assignee_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by'], ['accounts_user.id'], name=op.f('fk_tasks_task_created_by'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['parent_id'], ['tasks_task.id'], name=op.f('fk_tasks_task_parent_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['tasks_project.id'], name=op.f('fk_tasks_task_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks_task'))
    )
    op.create_index(op.f('ix_tasks_task_assignee_id'), 'tasks_task', ['assignee_id'], unique=False)
    op.create_index('ix_tasks_task_created_at', 'tasks_task', ['project_id', 'created_at', 'id'], unique=False)
    op.create_index(op.f('ix_tasks_task_created_by'), 'tasks_task', ['created_by'], unique=False)
    op.create_index('ix_tasks_task_deleted_at', 'tasks_task', ['deleted_at'], unique=False, postgresql_where=sa.text('deleted_at is not null'))
    op.create_index('ix_tasks_task_due_at', 'tasks_task', ['project_id', sa.literal_column("coalesce(due_at, 'infinity'::timestamptz)"), 'id'], unique=False)
    op.create_index(op.f('ix_tasks_task_parent_id'), 'tasks_task', ['parent_id'], unique=False)
    op.create_index('ix_tasks_task_position', 'tasks_task', ['project_id', 'position', 'id'], unique=False)
    op.create_index('ix_tasks_task_priority', 'tasks_task', ['project_id', 'priority', 'id'], unique=False)
    op.create_index('ix_tasks_task_search', 'tasks_task', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_tasks_task_tags', 'tasks_task', ['tags'], unique=False, postgresql_using='gin')
    op.create_index('ix_tasks_task_title', 'tasks_task', ['project_id', 'title', 'id'], unique=False)
    op.create_index('ix_tasks_task_updated_at', 'tasks_task', ['project_id', 'updated_at', 'id'], unique=False)


def downgrade():
    op.drop_index('ix_tasks_task_updated_at', table_name='tasks_task')
    op.drop_index('ix_tasks_task_title', table_name='tasks_task')
    op.drop_index('ix_tasks_task_tags', table_name='tasks_task', postgresql_using='gin')
    op.drop_index('ix_tasks_task_search', table_name='tasks_task', postgresql_using='gin')
    op.drop_index('ix_tasks_task_priority', table_name='tasks_task')
    op.drop_index('ix_tasks_task_position', table_name='tasks_task')
    op.drop_index(op.f('ix_tasks_task_parent_id'), table_name='tasks_task')
    op.drop_index('ix_tasks_task_due_at', table_name='tasks_task')
    op.drop_index('ix_tasks_task_deleted_at', table_name='tasks_task', postgresql_where=sa.text('deleted_at is not null'))
    op.drop_index(op.f('ix_tasks_task_created_by'), table_name='tasks_task')
    op.drop_index('ix_tasks_task_created_at', table_name='tasks_task')
    op.drop_index(op.f('ix_tasks_task_assignee_id'), table_name='tasks_task')
    op.drop_table('tasks_task')
    op.drop_index('ix_tasks_member_user_id_project_id', table_name='tasks_member')
    op.drop_table('tasks_member')
    op.drop_index('ix_tasks_change_task_id_sequence', table_name='tasks_change')
    op.drop_index(op.f('ix_tasks_change_actor_id'), table_name='tasks_change')
    op.drop_table('tasks_change')
    op.drop_index(op.f('ix_tasks_project_owner_id'), table_name='tasks_project')
    op.drop_table('tasks_project')
