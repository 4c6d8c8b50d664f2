"""Ways to reach people, and what became of each attempt."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified

DELIVERY_STATES = ("waiting", "sent", "failed", "gone", "skipped")


class Delivery(Identified, Base):
    """One notification on its way through one channel to one target: a browser, an endpoint, an address."""

    __tablename__ = "notifications_delivery"
    __table_args__ = (
        sa.CheckConstraint(f"state in {DELIVERY_STATES}", name="state"),
        sa.Index(
            "uq_notifications_delivery_waiting",
            "notification_id",
            "channel",
            "target",
            unique=True,
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_notifications_delivery_notification_id_id", "notification_id", "id"),
    )

    notification_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notifications_notification.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(sa.String(10))
    target: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.String(250))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    done_at: Mapped[dt.datetime | None]


class DeliveryAttempt(Identified, Base):
    """How one attempt ended."""

    __tablename__ = "notifications_delivery_attempt"

    delivery_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notifications_delivery.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    outcome: Mapped[str] = mapped_column(sa.String(10))
    detail: Mapped[str] = mapped_column(sa.String(250), default="")
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())


class Subscription(Identified, Base):
    """A browser that takes web push. Its endpoint belongs to whoever is signed in there last."""

    __tablename__ = "notifications_subscription"
    __table_args__ = (sa.Index("ix_notifications_subscription_account_id_id", "account_id", "id"),)

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(sa.String(1000), unique=True)
    p256dh: Mapped[str] = mapped_column(sa.String(100))
    auth: Mapped[str] = mapped_column(sa.String(40))
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class Webhook(Identified, Base):
    """Somebody's own address that is told of their notifications. The secret signs, so it is kept as it is, and shown once."""

    __tablename__ = "notifications_webhook"
    __table_args__ = (sa.Index("ix_notifications_webhook_account_id_id", "account_id", "id"),)

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(sa.String(1000))
    secret: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    disabled_at: Mapped[dt.datetime | None]


class Phone(Base):
    """Somebody's number. Until its code was typed in nothing but that code is sent there."""

    __tablename__ = "notifications_phone"

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(16))
    code_hash: Mapped[bytes | None]
    code_expires_at: Mapped[dt.datetime | None]
    guesses: Mapped[int] = mapped_column(default=0)
    verified_at: Mapped[dt.datetime | None]


class TextMessage(Identified, Base):
    """An SMS that was not sent, because this service has no way to: what would have been."""

    __tablename__ = "notifications_text_message"

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.String(1600))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class Key(Base):
    """A key pair that this service made for itself, once: with it browsers know who pushes (VAPID, RFC 8292)."""

    __tablename__ = "notifications_key"

    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    pem: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
