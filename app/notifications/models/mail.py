"""Mail that was sent, is to be sent or stays here, every attempt at sending it, and addresses that do not exist."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified

MAIL_STATES = ("queued", "kept", "sent", "failed", "bounced")


class Mail(Identified, Base):
    """One mail to one person. The body may hold secret links: once the mail has left, or never will, it is empty."""

    __tablename__ = "notifications_mail"
    __table_args__ = (
        sa.CheckConstraint(f"state in {MAIL_STATES}", name="state"),
        sa.Index("ix_notifications_mail_state_id", "state", "id"),
    )

    account_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    template: Mapped[str] = mapped_column(sa.String(100))
    subject: Mapped[str] = mapped_column(sa.String(250))
    text: Mapped[str]
    html: Mapped[str | None]
    message_id: Mapped[str] = mapped_column(sa.String(320))
    state: Mapped[str] = mapped_column(sa.String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.String(250))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    done_at: Mapped[dt.datetime | None]


class MailAttempt(Identified, Base):
    """What the mail server said when a mail was offered to it."""

    __tablename__ = "notifications_mail_attempt"

    mail_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notifications_mail.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    outcome: Mapped[str] = mapped_column(sa.String(10))
    detail: Mapped[str] = mapped_column(sa.String(250), default="")
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())


class Bounce(Base):
    """An address that a mail server has refused for good. Mail to it is held back."""

    __tablename__ = "notifications_bounce"

    address: Mapped[str] = mapped_column(sa.String(320), primary_key=True)
    account_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(250))
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
