"""What accounts themselves know of a person, for their archive."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Export, Grant, User
from app.extensions import db

PROFILE = (User.id, User.email, User.name, User.roles, User.created_at, User.updated_at, User.disabled_at, User.deletion_at)


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    return {
        "profile": db.session.execute(sa.select(*PROFILE).where(User.id == account_id)),
        "permissions": db.session.execute(sa.select(Grant.permission).where(Grant.user_id == account_id)),
        "exports": db.session.execute(sa.select(Export.id, Export.created_at, Export.state).where(Export.user_id == account_id)),
    }
