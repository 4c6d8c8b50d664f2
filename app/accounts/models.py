"""People, the permissions that roles and people were given beyond the manifests, and the archives of people's data."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Timed, Versioned

SEARCH = "to_tsvector('simple', translate(name || ' ' || email, '@._+-/&%#', '         '))"


class User(Identified, Timed, Versioned, Base):
    """Somebody with an account. ``email_key`` is the address as it is compared: normalised, case-folded.

    ``deletion_at`` is when an account whose owner asked for its deletion will be erased; ``erased_at`` when it was:
    nothing personal is left in the row, which goes once every stage has forgotten the person.
    ``verified_at`` says when they last showed that the address is theirs.
    """

    __tablename__ = "accounts_user"
    __table_args__ = (
        sa.CheckConstraint("roles <@ array['user','staff','admin']::varchar[]", name="roles"),
        sa.Index("ix_accounts_user_search", "search", postgresql_using="gin"),
        sa.Index("ix_accounts_user_roles", "roles", postgresql_using="gin"),
        sa.Index("ix_accounts_user_created_at", "created_at", "id"),
        sa.Index("ix_accounts_user_disabled", "created_at", "id", postgresql_where=sa.text("disabled_at is not null")),
        sa.Index("ix_accounts_user_deletion_at", "deletion_at", postgresql_where=sa.text("deletion_at is not null")),
        sa.Index("ix_accounts_user_erased_at", "erased_at", postgresql_where=sa.text("erased_at is not null")),
    )

    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(320), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.String(20)), default=lambda: ["user"])
    disabled_at: Mapped[dt.datetime | None]
    deletion_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]
    search: Mapped[str | None] = mapped_column(TSVECTOR(), sa.Computed(SEARCH, persisted=True), deferred=True)
    verified_at: Mapped[dt.datetime | None]


class Grant(Identified, Base):
    """A permission given to a role or to one person, on top of what the manifests give."""

    __tablename__ = "accounts_grant"
    __table_args__ = (
        sa.CheckConstraint("(role is null) <> (user_id is null)", name="to_one"),
        sa.Index("uq_accounts_grant_role", "role", "permission", unique=True, postgresql_where=sa.text("role is not null")),
        sa.Index("uq_accounts_grant_user", "user_id", "permission", unique=True, postgresql_where=sa.text("user_id is not null")),
    )

    role: Mapped[str | None] = mapped_column(sa.String(20))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    permission: Mapped[str] = mapped_column(sa.String(100))


class Export(Identified, Base):
    """A person's data as a ZIP archive, made by background work and kept for a few days. ``size`` is in bytes."""

    __tablename__ = "accounts_export"
    __table_args__ = (
        sa.CheckConstraint("state in ('pending', 'ready', 'too_large', 'failed')", name="state"),
        sa.Index("ix_accounts_export_user_id_id", "user_id", "id"),
        sa.Index("ix_accounts_export_expires_at", "expires_at"),
        sa.Index("uq_accounts_export_pending", "user_id", unique=True, postgresql_where=sa.text("state = 'pending'")),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(sa.String(10), default="pending")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime]
    size: Mapped[int | None]
    archive: Mapped[bytes | None] = mapped_column(deferred=True)
