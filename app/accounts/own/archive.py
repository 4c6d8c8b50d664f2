"""The archive of a person's data: a JSON file for each thing that a stage knows of them."""

import io
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app

from app.web.json import dumps

README = """Your data

Each folder is a part of the service, each file in it a list in JSON. Times are in UTC.
Passwords, tokens and other secrets are not in here: of most of them we only know a hash.
"""


class TooLarge(Exception):
    """The archive would be larger than the setting ACCOUNTS_EXPORT_BYTES."""


def of(account_id: uuid.UUID, *, limit: int) -> bytes:
    """A ZIP archive of at most ``limit`` bytes. Raises TooLarge."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        for stage in current_app.extensions["stages"].values():
            known = stage.export(account_id) if stage.export is not None else {}
            for name, rows in known.items():
                with archive.open(f"{stage.name}/{name}.json", "w", force_zip64=True) as file:
                    write(file, rows, lambda: within(buffer, limit))
    within(buffer, limit)
    return buffer.getvalue()


def write(file: Any, rows: Iterable[Any], check: Any) -> None:
    """A JSON list, one element a line, without holding it in memory."""
    between = b"[\n"
    for row in rows:
        file.write(between + dumps(as_mapping(row)))
        between = b",\n"
        check()
    file.write(b"\n]\n" if between == b",\n" else b"[]\n")


def as_mapping(row: Any) -> Mapping[str, Any]:
    """Rows of a statement, named tuples and mappings alike."""
    return row if isinstance(row, Mapping) else row._asdict()


def within(buffer: io.BytesIO, limit: int) -> None:
    if buffer.tell() > limit:
        raise TooLarge()
