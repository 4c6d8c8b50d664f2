"""What happened to whom, and what each person wants to hear of."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class Inbox(Base):
    """One person's notifications: counts their changes, and is locked by each of them. Quiet hours are in the zone's own time."""

    __tablename__ = "notifications_inbox"
    __table_args__ = (
        sa.CheckConstraint("(quiet_zone is null) = (quiet_from is null) and (quiet_zone is null) = (quiet_until is null)", name="quiet"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger(), default=0, server_default="0")
    quiet_zone: Mapped[str | None] = mapped_column(sa.String(60))
    quiet_from: Mapped[dt.time | None] = mapped_column(sa.Time())
    quiet_until: Mapped[dt.time | None] = mapped_column(sa.Time())


class Notification(Identified, Base):
    """Something that happened to somebody. ``sequence`` is that of its last change, ``position`` that of its last occurrence."""

    __tablename__ = "notifications_notification"
    __table_args__ = (
        sa.Index("uq_notifications_notification_sequence", "account_id", "sequence", unique=True),
        sa.Index("ix_notifications_notification_position", "account_id", "position", postgresql_where=sa.text("shown")),
        sa.Index("ix_notifications_notification_unread", "account_id", "position", postgresql_where=sa.text("shown and read_at is null")),
        sa.Index(
            "uq_notifications_notification_group",
            "account_id",
            "kind",
            "group_key",
            unique=True,
            postgresql_where=sa.text("read_at is null"),
        ),
        sa.Index("ix_notifications_notification_updated_at", "updated_at"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    sequence: Mapped[int] = mapped_column(sa.BigInteger())
    position: Mapped[int] = mapped_column(sa.BigInteger())
    kind: Mapped[str] = mapped_column(sa.String(100))
    group_key: Mapped[str | None] = mapped_column(sa.String(200))
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    title: Mapped[str] = mapped_column(sa.String(250))
    body: Mapped[str] = mapped_column(sa.String(2000))
    link: Mapped[str | None] = mapped_column(sa.String(1000))
    data: Mapped[dict] = mapped_column(JSONB)
    shown: Mapped[bool] = mapped_column(default=True)
    read_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class Preference(Base):
    """What a person said about one kind on one channel; where they said nothing, the kind's own default holds."""

    __tablename__ = "notifications_preference"

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    wanted: Mapped[bool]
