"""Data: base model, ids, unit of work, prepared statements, lists."""

from app.db.base import Base, Identified, Timed, Versioned
from app.db.ids import new_id
from app.db.prepared import Prepared, write
from app.db.search import Listing, Search, bind
from app.db.versions import check_version, expect, take
from app.db.work import after_commit, before_commit, unit_of_work

__all__ = [
    "Base",
    "Identified",
    "Listing",
    "Prepared",
    "Search",
    "Timed",
    "Versioned",
    "after_commit",
    "before_commit",
    "bind",
    "check_version",
    "expect",
    "new_id",
    "take",
    "unit_of_work",
    "write",
]
