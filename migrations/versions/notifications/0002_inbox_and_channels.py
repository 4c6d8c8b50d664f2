"""What happened to whom, what each person wants to hear of, and the ways to reach them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision, branch_labels, depends_on = "notifications_0002", "notifications_0001", None, None


def upgrade():
    op.create_table('notifications_key',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('pem', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_notifications_key'))
    )
    op.create_table('notifications_inbox',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('quiet_zone', sa.String(length=60), nullable=True),
    sa.Column('quiet_from', sa.Time(), nullable=True),
    sa.Column('quiet_until', sa.Time(), nullable=True),
    sa.CheckConstraint('(quiet_zone is null) = (quiet_from is null) and (quiet_zone is null) = (quiet_until is null)', name=op.f('ck_notifications_inbox_quiet')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_inbox_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_notifications_inbox'))
    )
    op.create_table('notifications_notification',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=100), nullable=False),
    sa.Column('group_key', sa.String(length=200), nullable=True),
    sa.Column('count', sa.Integer(), server_default='1', nullable=False),
    sa.Column('title', sa.String(length=250), nullable=False),
    sa.Column('body', sa.String(length=2000), nullable=False),
    sa.Column('link', sa.String(length=1000), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_notification_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_notification'))
    )
    op.create_index('ix_notifications_notification_position', 'notifications_notification', ['account_id', 'position'], unique=False, postgresql_where=sa.text('shown'))
    op.create_index('ix_notifications_notification_unread', 'notifications_notification', ['account_id', 'position'], unique=False, postgresql_where=sa.text('shown and read_at is null'))
    op.create_index('ix_notifications_notification_updated_at', 'notifications_notification', ['updated_at'], unique=False)
    op.create_index('uq_notifications_notification_group', 'notifications_notification', ['account_id', 'kind', 'group_key'], unique=True, postgresql_where=sa.text('read_at is null'))
    op.create_index('uq_notifications_notification_sequence', 'notifications_notification', ['account_id', 'sequence'], unique=True)
    op.create_table('notifications_phone',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=True),
    sa.Column('code_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('guesses', sa.Integer(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_phone_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_notifications_phone'))
    )
    op.create_table('notifications_preference',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=100), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_preference_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'kind', 'channel', name=op.f('pk_notifications_preference'))
    )
    op.create_table('notifications_subscription',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('endpoint', sa.String(length=1000), nullable=False),
    sa.Column('p256dh', sa.String(length=100), nullable=False),
    sa.Column('auth', sa.String(length=40), nullable=False),
    sa.Column('user_agent', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_subscription_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_subscription')),
    sa.UniqueConstraint('endpoint', name=op.f('uq_notifications_subscription_endpoint'))
    )
    op.create_index('ix_notifications_subscription_account_id_id', 'notifications_subscription', ['account_id', 'id'], unique=False)
    op.create_table('notifications_text_message',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('text', sa.String(length=1600), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_text_message_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_text_message'))
    )
    op.create_index(op.f('ix_notifications_text_message_account_id'), 'notifications_text_message', ['account_id'], unique=False)
    op.create_table('notifications_webhook',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('url', sa.String(length=1000), nullable=False),
    sa.Column('secret', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_user.id'], name=op.f('fk_notifications_webhook_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_webhook'))
    )
    op.create_index('ix_notifications_webhook_account_id_id', 'notifications_webhook', ['account_id', 'id'], unique=False)
    op.create_table('notifications_delivery',
    sa.Column('notification_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=250), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'gone', 'skipped')", name=op.f('ck_notifications_delivery_state')),
    sa.ForeignKeyConstraint(['notification_id'], ['notifications_notification.id'], name=op.f('fk_notifications_delivery_notification_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_delivery'))
    )
    op.create_index('ix_notifications_delivery_notification_id_id', 'notifications_delivery', ['notification_id', 'id'], unique=False)
    op.create_index('uq_notifications_delivery_waiting', 'notifications_delivery', ['notification_id', 'channel', 'target'], unique=True, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('notifications_delivery_attempt',
    sa.Column('delivery_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('detail', sa.String(length=250), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['notifications_delivery.id'], name=op.f('fk_notifications_delivery_attempt_delivery_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_delivery_attempt'))
    )
    op.create_index(op.f('ix_notifications_delivery_attempt_delivery_id'), 'notifications_delivery_attempt', ['delivery_id'], unique=False)


def downgrade():
    op.drop_table('notifications_delivery_attempt')
    op.drop_table('notifications_delivery')
    op.drop_table('notifications_webhook')
    op.drop_table('notifications_text_message')
    op.drop_table('notifications_subscription')
    op.drop_table('notifications_preference')
    op.drop_table('notifications_phone')
    op.drop_table('notifications_notification')
    op.drop_table('notifications_inbox')
    op.drop_table('notifications_key')
