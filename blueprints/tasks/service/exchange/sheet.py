"""Tasks as CSV, and CSV read back with a report row by row."""

import csv
import functools
import io
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app import accounts
from app.access import Actor
from app.errors import AppError, Unprocessable
from app.extensions import db
from blueprints.tasks.service import members, projects, tasks

COLUMNS = ("id", "parent", "title", "notes", "status", "priority", "due_at", "due_zone", "tags", "recurrence", "assignee")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MOST_ROWS = 5_000
NO_PARENT = "Must be the id of a row above or of a task of this project, which is no sub-task itself."
NO_MEMBER = "Not a member of this project."

Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def to_csv(project_id: uuid.UUID, *, by: Actor) -> str:
    """A header and a row per task. Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    projects.role_in(project_id, by=by)
    emails = {member.user_id: member.email for member in members.search(project_id, by=by).all()}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in parents_first(tasks.search({"project_id": project_id}, "position", by=by).all()):
        told = row._asdict() | {"parent": row.parent_id, "assignee": emails.get(row.assignee_id), "tags": "; ".join(row.tags)}
        cells = tasks.as_json({name: told[name] for name in COLUMNS}).values()
        writer.writerow([inert("" if cell is None else str(cell)) for cell in cells])
    return out.getvalue()


def parents_first(rows: Iterable[Any]) -> Iterator[Any]:
    """The rows in their order, but each sub-task after the task that it belongs to."""
    told, waiting = set(), {}
    for row in rows:
        if row.parent_id is not None and row.parent_id not in told:
            waiting.setdefault(row.parent_id, []).append(row)
            continue
        told.add(row.id)
        yield row
        yield from waiting.pop(row.id, ())
    for orphans in waiting.values():
        yield from orphans


def inert(text: str) -> str:
    """Also what looks as if it had been made inert, so that it comes back as it was."""
    return f"'{text}" if looks_like_formula(text) else text


def as_written(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and looks_like_formula(cell) else cell


def looks_like_formula(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA)


def from_csv(project_id: uuid.UUID, text: str, validate: Validate, *, by: Actor) -> dict[str, Any]:
    """Add a task per row; rows that are wrong are reported, by the line on which they begin, and the others are kept.

    ``validate`` turns the texts of a row into a task's values, or raises Unprocessable with pointers.
    """
    projects.role_in(project_id, by=by, needed="editor")
    known: dict[str, uuid.UUID | None] = {}
    person = functools.cache(accounts.find_by_email)
    created, errors = 0, []
    try:
        lines = numbered(text)
        names = header(lines)
        for count, (line, cells) in enumerate(lines):
            if count == MOST_ROWS:
                raise Ends(line, f"At most {MOST_ROWS} rows at a time; this one and those after it were left out.")
            row = dict(zip(names, map(as_written, cells), strict=False))
            known[row.get("id", "")] = None
            try:
                if len(cells) != len(names):
                    raise Unprocessable(errors={"": "Has more or fewer cells than the first row."})
                with db.session.begin_nested():
                    known[row.get("id", "")] = tasks.create(project_id, values(row, known, person, validate), by=by).id
                created += 1
            except AppError as error:
                errors.append({"row": line, "errors": in_columns(error.errors) or {"": str(error)}})
    except Ends as end:
        errors.append({"row": end.line, "errors": {"": end.why}})
    return {"created": created, "errors": errors}


class Ends(Exception):
    """Nothing from this line on is read."""

    def __init__(self, line: int, why: str):
        self.line, self.why = line, why


def numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Ends(line, f"This is not CSV: {error}. It and what follows were left out.") from None


def header(lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    _, names = next(lines, (1, []))
    if "title" not in names or not set(names) <= set(COLUMNS) or len(set(names)) < len(names):
        raise Ends(1, f"The first row must name columns out of {', '.join(COLUMNS)}, none of them twice, title among them.")
    return names


def values(row: Mapping[str, str], known: Mapping[str, uuid.UUID | None], person: Callable, validate: Validate) -> Mapping[str, Any]:
    """What a row says, as a task's values. Raises Unprocessable, naming every column that is wrong."""
    said, errors = as_json(row), {}
    if (parent := said.pop("parent", None)) is not None:
        said["parent_id"] = str(known.get(parent, parent))
    if (email := said.pop("assignee", None)) is not None:
        if (found := person(email)) is None:
            errors["/assignee"] = NO_MEMBER
        else:
            said["assignee_id"] = str(found.id)
    try:
        checked = validate(said)
    except Unprocessable as error:
        errors |= in_columns(error.errors)
    if errors:
        raise Unprocessable(errors=errors)
    return checked


def as_json(row: Mapping[str, str]) -> dict[str, Any]:
    """Empty cells say nothing."""
    said: dict[str, Any] = {name: text for name, text in row.items() if text and name != "id"}
    if "tags" in said:
        said["tags"] = [tag for each in said["tags"].split(";") if (tag := each.strip(" \t"))]
    if re.fullmatch("[0-9]{1,4}", said.get("priority", "")):
        said["priority"] = int(said["priority"])
    return said


def in_columns(errors: Mapping[str, str]) -> dict[str, str]:
    """Pointers into a task as pointers into a row."""
    renamed = {"/parent_id": ("/parent", NO_PARENT), "/assignee_id": ("/assignee", NO_MEMBER)}
    return dict(renamed.get(place, (place, text)) for place, text in errors.items())
