"""Sessions, their refresh tokens, and personal access tokens. Of every secret only a hash is kept."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class Session(Identified, Base):
    """One sign-in on one device: the family of refresh tokens, and what ends when it is revoked.

    ``impersonator_id`` is the administrator who looks through the person's eyes, if one does.
    ``authenticated_at`` and ``methods`` say when and by what the person last proved here who they are.
    """

    __tablename__ = "auth_session"
    __table_args__ = (
        sa.Index("ix_auth_session_open", "user_id", "id", postgresql_where=sa.text("ended_at is null")),
        sa.Index("ix_auth_session_impersonator", "impersonator_id", postgresql_where=sa.text("impersonator_id is not null")),
        # When it was over, for the purge.
        sa.Index("ix_auth_session_over", sa.text("least(ended_at, expires_at)")),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_seen_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    end_reason: Mapped[str | None] = mapped_column(sa.String(40))
    impersonator_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    authenticated_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    methods: Mapped[list[str]] = mapped_column(ARRAY(sa.String(40)), default=list)


class RefreshToken(Base):
    """One link of a session's chain; ``used_at`` says when its successor was given out."""

    __tablename__ = "auth_refresh_token"
    __table_args__ = (sa.Index("ix_auth_refresh_token_used", "used_at", postgresql_where=sa.text("used_at is not null")),)

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("auth_session.id", ondelete="CASCADE"), index=True)
    successor: Mapped[bytes | None]
    used_at: Mapped[dt.datetime | None]


class PersonalToken(Identified, Base):
    """A token that a person made for a program of theirs."""

    __tablename__ = "auth_personal_token"
    __table_args__ = (sa.Index("ix_auth_personal_token_user", "user_id", "id"),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(100))
    prefix: Mapped[str] = mapped_column(sa.String(20))
    hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.String(100)))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class MailToken(Base):
    """A link in a mail. ``email_key`` is an address that is kept for its former owner until the link expires."""

    __tablename__ = "auth_mail_token"
    __table_args__ = (
        sa.CheckConstraint("purpose in ('verify', 'reset', 'change', 'undo')", name="purpose"),
        sa.Index("ix_auth_mail_token_user_id", "user_id", "purpose", "created_at"),
        sa.Index("ix_auth_mail_token_email_key", "email_key", postgresql_where=sa.text("email_key is not null")),
    )

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    data: Mapped[dict] = mapped_column(JSONB)
    email_key: Mapped[str | None] = mapped_column(sa.String(320))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]


class Throttle(Base):
    """How often something was guessed wrongly, and until when it must not be guessed again. The key is a keyed hash."""

    __tablename__ = "auth_throttle"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[dt.datetime] = mapped_column(index=True)
    until: Mapped[dt.datetime]


class Place(Base):
    """A network from which somebody has signed in."""

    __tablename__ = "auth_place"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(sa.String(45), primary_key=True)
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now(), index=True)


class Solved(Base):
    """A challenge that was answered, so that nobody answers it twice."""

    __tablename__ = "auth_solved"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
