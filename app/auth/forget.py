"""A person is gone: so is every way in which they signed in, and every trace of it."""

import sqlalchemy as sa

from app.accounts import User, UserDeleted
from app.db import Base
from app.extensions import db


def forget(event: UserDeleted) -> None:
    """Empty whatever table of ours points at the account, also those that are made tomorrow."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.name.startswith("auth_"):
            for column in pointing_at_people(table):
                db.session.execute(sa.delete(table).where(column == event.user_id))


def pointing_at_people(table: sa.Table) -> list[sa.Column]:
    return [column for column in table.columns for key in column.foreign_keys if key.column is User.__table__.c.id]
