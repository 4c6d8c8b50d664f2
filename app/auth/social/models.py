"""Identities that people have at others, and sign-ins that are under way. Of every secret only a hash is kept."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class Identity(Identified, Base):
    """Somebody at a provider who is somebody here.

    ``issuer`` with ``subject`` says who (a setting may come to mean another issuer); ``email`` and ``verified`` are what
    it said last.
    """

    __tablename__ = "auth_identity"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject", name="uq_auth_identity_issuer_subject"),
        sa.Index("ix_auth_identity_account_id_id", "account_id", "id"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(sa.String(30))
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    verified: Mapped[bool]
    linked_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_used_at: Mapped[dt.datetime | None]


class Flow(Identified, Base):
    """One visit to a provider. ``called_at`` uses up the state, deleting the row uses up the hand-over code.

    ``account_id`` is whom the identity will be linked to; without it the visit is a sign-in. ``claimed`` is what the
    provider said, for as long as the hand-over takes.
    """

    __tablename__ = "auth_social_flow"
    __table_args__ = (sa.Index("ix_auth_social_flow_expires_at", "expires_at"),)

    provider: Mapped[str] = mapped_column(sa.String(30))
    state_hash: Mapped[bytes] = mapped_column(unique=True)
    binding_hash: Mapped[bytes]
    callback: Mapped[str]
    native: Mapped[str | None] = mapped_column(sa.String(500))
    account_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[dt.datetime]
    called_at: Mapped[dt.datetime | None]
    handover_hash: Mapped[bytes | None] = mapped_column(unique=True)
    claimed: Mapped[dict | None] = mapped_column(JSONB)
