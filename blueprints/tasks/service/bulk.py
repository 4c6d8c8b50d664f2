"""Many tasks at once: all or nothing, or each by itself."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.access import Actor
from app.db.versions import Precondition, expect, forget
from app.errors import AppError
from app.extensions import db
from app.web import problems
from blueprints.tasks import policy
from blueprints.tasks.service import projects, tasks

Results = list[dict[str, Any]]
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class BulkRefused(AppError):
    """One item of an all-or-nothing request was refused, so nothing was done."""

    title = "One of the items was refused; nothing was changed."

    def __init__(self, index: int, error: AppError):
        self.status = 422 if error.status == 422 else 409
        places = error.errors or {"": str(error)}
        super().__init__(str(error), errors={f"/items/{index}{place}": text for place, text in places.items()})


def create(project_id: uuid.UUID, items: Sequence[Mapping[str, Any]], validate: Validate, *, atomic: bool, by: Actor) -> Results:
    projects.role_in(project_id, by=by, needed="editor")
    return each(items, validate, 201, atomic, lambda item: tasks.create(project_id, item, by=by).id)


def update(project_id: uuid.UUID, items: Sequence[Mapping[str, Any]], validate: Validate, *, atomic: bool, by: Actor) -> Results:
    projects.role_in(project_id, by=by, needed="editor")

    def change(item: Mapping[str, Any]) -> uuid.UUID:
        task = in_project(project_id, item, by=by)
        return tasks.apply(task, {k: v for k, v in item.items() if k not in {"id", "version"}}, by=by).id

    return each(items, validate, 200, atomic, change)


def delete(project_id: uuid.UUID, items: Sequence[Mapping[str, Any]], validate: Validate, *, atomic: bool, by: Actor) -> Results:
    projects.role_in(project_id, by=by, needed="editor")

    now, gone = dt.datetime.now(dt.UTC), set()

    def drop(item: Mapping[str, Any]) -> uuid.UUID:
        # A sub-task goes with its task; that it is named, too, is no mistake.
        if item["id"] not in gone:
            gone.update(tasks.remove(in_project(project_id, item, by=by), now, by=by))
        return item["id"]

    return each(items, validate, 204, atomic, drop)


def in_project(project_id: uuid.UUID, item: Mapping[str, Any], *, by: Actor) -> Any:
    """The task an item means; its `version`, if given, is its precondition."""
    version = item.get("version")
    token = expect(Precondition(frozenset({str(version)}) if version is not None else None))
    try:
        task = tasks.taken(item["id"], by=by)
    finally:
        forget(token)
    if task.project_id != project_id:
        raise policy.NoSuchTask()
    return task


def each(
    items: Sequence[Mapping[str, Any]], validate: Validate, status: int, atomic: bool, act: Callable[[Mapping[str, Any]], uuid.UUID]
) -> Results:
    """Act on the items in order. Raises BulkRefused if `atomic`, when the items have been validated already; otherwise
    each result says how its item went, also when it was none: ``validate`` raises Unprocessable."""
    results: Results = []
    for index, item in enumerate(items):
        try:
            with db.session.begin_nested():
                results.append({"index": index, "status": status, "id": act(item if atomic else validate(item)), "problem": None})
        except AppError as error:
            if atomic:
                raise BulkRefused(index, error) from None
            results.append({"index": index, "status": error.status, "id": None, "problem": problems.of(error)})
    return results
