"""Entries that the database itself keeps from being changed, and apart from them what must be forgotten with a person."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class Entry(Identified, Base):
    """One act. ``actor_id`` did it, to or as ``account_id``; without foreign keys, because an entry outlives both."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_account_id_id", "account_id", "id"),
        sa.Index("ix_audit_entry_actor_id_id", "actor_id", "id"),
        sa.Index("ix_audit_entry_action_id", "action", "id"),
    )

    action: Mapped[str] = mapped_column(sa.String(60))
    actor_id: Mapped[uuid.UUID | None]
    account_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class Origin(Base):
    """Where an act came from and what it was about: personal, and deleted with the person."""

    __tablename__ = "audit_origin"

    entry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("audit_entry.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(45))
    user_agent: Mapped[str] = mapped_column(sa.String(200))
    details: Mapped[dict] = mapped_column(JSONB)
