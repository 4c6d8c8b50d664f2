"""Tasks as CSV, and CSV read back with a report row by row."""

import csv
import io
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.access import Actor
from app.errors import AppError, Unprocessable
from app.extensions import db
from blueprints.tasks.service import projects, tasks

COLUMNS = ("id", "title", "notes", "status", "priority", "due_at", "due_zone", "tags", "recurrence")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS = 5_000


def rows(project_id: uuid.UUID, *, by: Actor) -> Sequence[Any]:
    projects.role_in(project_id, by=by)
    return tasks.search({"project_id": project_id}, "position", by=by).all()


def to_csv(project_id: uuid.UUID, *, by: Actor) -> str:
    """A header and a row per task. Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows(project_id, by=by):
        values = tasks.as_json({name: getattr(row, name) for name in COLUMNS})
        writer.writerow([inert("; ".join(v) if isinstance(v, list) else "" if v is None else str(v)) for v in values.values()])
    return out.getvalue()


def inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def from_csv(project_id: uuid.UUID, text: str, validate: Callable[[Mapping[str, Any]], Mapping[str, Any]], *, by: Actor) -> dict[str, Any]:
    """Add a task per row; rows that are wrong are reported and the others are kept.

    ``validate`` turns the texts of a row into a task's values, or raises Unprocessable with pointers.
    """
    projects.role_in(project_id, by=by, needed="editor")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    created, errors = 0, []
    try:
        unknown = set(reader.fieldnames or ()) - set(COLUMNS)
        if unknown or "title" not in (reader.fieldnames or ()):
            return report(0, [(1, f"The first row must name columns out of {', '.join(COLUMNS)}, title among them.")])
        for number, row in enumerate(reader, start=2):
            if number > MOST_ROWS + 1:
                errors.append(
                    {"row": number, "errors": {"": f"At most {MOST_ROWS} rows at a time; this one and those after it were left out."}}
                )
                break
            problem = add_row(project_id, row, validate, by=by)
            if problem is None:
                created += 1
            else:
                errors.append({"row": number, "errors": problem})
    except csv.Error as error:
        errors.append(
            {"row": max(reader.reader.line_num, 1), "errors": {"": f"This is not CSV: {error}. It and what follows were left out."}}
        )
    return {"created": created, "errors": errors}


def report(created: int, wrong: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {"created": created, "errors": [{"row": row, "errors": {"": text}} for row, text in wrong]}


def add_row(project_id: uuid.UUID, row: Mapping[str, Any], validate: Callable, *, by: Actor) -> dict[str, str] | None:
    try:
        if None in row or None in row.values():
            raise Unprocessable(errors={"": "Has more or fewer cells than the first row."})
        with db.session.begin_nested():
            tasks.create(project_id, validate(cells(row)), by=by)
    except AppError as error:
        return error.errors or {"": str(error)}
    return None


def cells(row: Mapping[str, str]) -> dict[str, Any]:
    """What a row says, as the JSON of a task; empty cells say nothing."""
    said: dict[str, Any] = {}
    for name, text in row.items():
        text = text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text
        if name == "id" or not text:
            continue
        if name == "tags":
            said[name] = [tag.strip() for tag in text.split(";") if tag.strip()]
        elif name == "priority":
            said[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else text
        else:
            said[name] = text
    return said
