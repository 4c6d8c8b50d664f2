"""The declarative base: naming of constraints, ids, times, versions."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.db.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        dt.datetime: sa.DateTime(timezone=True),
        uuid.UUID: sa.Uuid(),
        str: sa.Text(),
        int: sa.Integer(),
    }


class Identified:
    """A time-ordered UUIDv7 key, made by us so that it is known before the row is written."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class Timed:
    """When the row was made and last changed, by the database's clock."""

    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now(), onupdate=sa.func.now())


class Versioned:
    """Counts the changes of a row: its ETag, and the guard of every update (`UPDATE … WHERE version = …`)."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @sa.orm.declared_attr.directive
    def __mapper_args__(cls):
        return {"version_id_col": cls.version, "eager_defaults": True}
