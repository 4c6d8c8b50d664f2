"""What people prove with who they are, and the short-lived rows of a proof that is under way."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Versioned


def of_user(**options) -> Mapped[uuid.UUID]:
    return mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), **options)


class Totp(Identified, Base):
    """The secret of an authenticator app, encrypted; one that is in use and one that is about to replace it at most.

    ``last_step`` is the time step of the newest code that was accepted: it and those before are spent.
    """

    __tablename__ = "auth_totp"
    __table_args__ = (
        sa.Index("uq_auth_totp_used", "user_id", unique=True, postgresql_where=sa.text("confirmed_at is not null")),
        sa.Index("uq_auth_totp_begun", "user_id", unique=True, postgresql_where=sa.text("confirmed_at is null")),
    )

    user_id: Mapped[uuid.UUID] = of_user()
    secret: Mapped[bytes]
    confirmed_at: Mapped[dt.datetime | None]
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class RecoveryCode(Base):
    """One of the codes for the day on which the phone is gone; deleted by its use."""

    __tablename__ = "auth_recovery_code"

    user_id: Mapped[uuid.UUID] = of_user(primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)


class Passkey(Identified, Versioned, Base):
    """A public key whose private half an authenticator of the person keeps (WebAuthn)."""

    __tablename__ = "auth_passkey"
    __table_args__ = (sa.Index("ix_auth_passkey_user_id_id", "user_id", "id"),)

    user_id: Mapped[uuid.UUID] = of_user()
    name: Mapped[str] = mapped_column(sa.String(100))
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(sa.String(20)))
    backed_up: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_used_at: Mapped[dt.datetime | None]


class Challenge(Base):
    """A challenge that an authenticator is to sign: works once, for one purpose, for five minutes."""

    __tablename__ = "auth_challenge"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[uuid.UUID | None] = of_user(index=True)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class PendingLogIn(Base):
    """Somebody whose first factor was right and whose second one is awaited.

    ``password`` is the hash of the password hash of then: a log-in that began before a change of password ends with it.
    """

    __tablename__ = "auth_pending_log_in"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = of_user(index=True)
    methods: Mapped[list[str]] = mapped_column(ARRAY(sa.String(40)))
    password: Mapped[bytes]
    attempts: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
