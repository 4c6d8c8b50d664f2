"""The audit log as a file."""

from collections.abc import Iterator
from typing import Any

from app.audit.schemas import EntrySchema
from app.db import Listing
from app.web.json import dumps

PAGE = 1_000


def to_ndjson(listing: Listing) -> Iterator[bytes]:
    """One entry a line, read page by page: of any length in little memory."""
    schema, after = EntrySchema(), None
    columns = [column.key for column in listing.search.columns]
    while True:
        rows, after = listing.page("export", lambda select, keys: select.add_columns(*keys), limit=PAGE, after=after)
        for row in rows:
            entry: Any = dict(zip(columns, row, strict=False))
            yield dumps(schema.dump(entry)) + b"\n"
        if after is None:
            return
