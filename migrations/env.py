"""Runs migrations. Each stage is its own Alembic branch; one process migrates at a time."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db

LOCK = 7_320_226
"""Advisory lock that keeps two releases from migrating at once."""
TIMEOUTS = ("set lock_timeout = '10s'", "set statement_timeout = '15min'")


def owned(_object, _name, kind, reflected, compare_to):
    """A stage that is off leaves its tables behind, and autogenerate must not drop them."""
    return not (kind == "table" and reflected and compare_to is None)


def stage_of(table: str) -> str:
    prefix = table.partition("_")[0]
    return "core" if prefix in {"core", "accounts", "auth"} else prefix


def include(obj, name, kind, reflected, compare_to):
    only = context.get_x_argument(as_dictionary=True).get("stage")
    table = name if kind == "table" else getattr(getattr(obj, "table", None), "name", None)
    return owned(obj, name, kind, reflected, compare_to) and (only is None or table is None or stage_of(table) == only)


engine = sa.create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    for timeout in TIMEOUTS:
        connection.exec_driver_sql(timeout)
    connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        include_object=include,
        transaction_per_migration=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
