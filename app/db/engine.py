"""One pool, two ways to use it: autocommit for reads, a transaction for units of work.

A read in autocommit mode saves the BEGIN and ROLLBACK trips, 28–39 % of a plain request
(docs/decisions/0001-autocommit-reads-and-prepared-statements.md).
"""

import sqlalchemy as sa
from flask_sqlalchemy.session import Session as FlaskSession

from app.db.pool import Pool
from app.db.work import current_work

ENGINE_DEFAULTS = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    # It gives the newest connection again: its prepared statements and its PostgreSQL process are warm.
    "poolclass": Pool,
    "pool_timeout": 5,
    "pool_recycle": 1_800,
    # Errors are logged: without the values of people.
    "hide_parameters": True,
}


def engine_options(settings) -> dict[str, object]:
    """What depends on the settings; merged over ENGINE_DEFAULTS. LONG_CALLS: see worker.py."""
    timeout = settings["DATABASE_TIMEOUT"] * 1_000
    idle = 0 if settings.get("LONG_CALLS") else 4 * timeout
    return {
        "pool_size": settings["DATABASE_POOL"],
        "connect_args": {
            # Prepare at the first execution: our statements are few and run for ever.
            "prepare_threshold": 1,
            "connect_timeout": 5,
            "application_name": "zero2hero",
            "options": f"-c timezone=UTC -c statement_timeout={timeout} -c lock_timeout={timeout} "
            f"-c idle_in_transaction_session_timeout={idle}",
        },
    }


class Session(FlaskSession):
    """Reads in autocommit; once a unit of work has begun, everything in its transaction."""

    def get_bind(self, mapper=None, clause=None, bind=None, **kwargs):
        if bind is not None:
            return bind
        return self._db.engine if current_work() is None else transactional(self._db.engine)


def transactional(engine: sa.Engine) -> sa.Engine:
    """The same pool, with transactions. One object for good: a session holds a connection for each engine it meets."""
    found = engine.__dict__.get("z2h_transactional")
    if found is None:
        found = engine.__dict__.setdefault("z2h_transactional", engine.execution_options(isolation_level="READ COMMITTED"))
    return found
