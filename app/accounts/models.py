"""People, and the permissions that roles and people were given beyond the manifests."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Timed, Versioned


class User(Identified, Timed, Versioned, Base):
    """Somebody with an account. ``email_key`` is the address as it is compared: normalised, case-folded.

    ``verified_at`` says when they last showed that the address is theirs.
    """

    __tablename__ = "accounts_user"
    __table_args__ = (sa.CheckConstraint("roles <@ array['user','staff','admin']::varchar[]", name="roles"),)

    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(320), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.String(20)), default=lambda: ["user"])
    disabled_at: Mapped[sa.DateTime | None] = mapped_column(sa.DateTime(timezone=True))
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
