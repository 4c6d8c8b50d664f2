"""What signing in knows of a person, for their archive. No secret is in it, nor the hash of one."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.auth.factors.models import Passkey, Totp
from app.auth.models import PersonalToken, Place, Session
from app.auth.social.models import Identity
from app.extensions import db

SESSION = (
    "id",
    "created_at",
    "last_seen_at",
    "authenticated_at",
    "expires_at",
    "ended_at",
    "end_reason",
    "user_agent",
    "address",
    "methods",
)
TOKEN = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
PASSKEY = ("id", "name", "created_at", "last_used_at", "backed_up")

IDENTITY = (Identity.id, Identity.provider, Identity.issuer, Identity.subject, Identity.email, Identity.linked_at, Identity.last_used_at)


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    return {
        "sessions": rows(Session, SESSION, account_id),
        "tokens": rows(PersonalToken, TOKEN, account_id),
        "passkeys": rows(Passkey, PASSKEY, account_id),
        "identities": db.session.execute(sa.select(*IDENTITY).where(Identity.account_id == account_id).order_by(Identity.id)),
        "places": db.session.execute(sa.select(Place.network, Place.seen_at).where(Place.user_id == account_id)),
        "authenticator_apps": rows(Totp, ("id", "created_at", "confirmed_at"), account_id),
    }


def rows(kind: Any, columns: Iterable[str], account_id: uuid.UUID) -> Iterable[Any]:
    return db.session.execute(sa.select(*(getattr(kind, name) for name in columns)).where(kind.user_id == account_id).order_by(kind.id))
