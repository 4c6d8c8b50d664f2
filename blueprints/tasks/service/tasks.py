"""Tasks: add, change, move, delete, restore."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.access import Actor
from app.db import Prepared, Search, bind, new_id, take, write
from app.events import emit
from app.extensions import db
from app.observe import current_request_id
from app.realtime import ring
from blueprints.tasks import order, policy, recurrence
from blueprints.tasks.events import TaskAssigned, TaskCompleted, TaskCreated
from blueprints.tasks.models import FOREVER, Change, Member, Project, Task
from blueprints.tasks.service import history, projects

NAMES = [
    "id",
    "project_id",
    "parent_id",
    "title",
    "notes",
    "status",
    "priority",
    "due_at",
    "due_zone",
    "tags",
    "position",
    "assignee_id",
    "recurrence",
    "completed_at",
    "deleted_at",
    "created_by",
    "version",
    "created_at",
    "updated_at",
]
COLUMNS = tuple(getattr(Task, name) for name in NAMES)
DEFAULTS = {
    "parent_id": None, "notes": "", "status": "todo", "priority": 0, "due_at": None, "due_zone": None,
    "tags": [], "assignee_id": None, "recurrence": None,
}  # fmt: skip


def mine() -> sa.ColumnElement[bool]:
    """The task is in a project of `user_id` that is not deleted."""
    seen = sa.select(Member.project_id).join(Project, Project.id == Member.project_id)
    seen = seen.where(Member.user_id == bind("user_id", Member.user_id), Project.deleted_at.is_(None))
    return Task.project_id.in_(seen)


FILTERS: dict[str, Any] = {
    "project_id": (lambda value: Task.project_id == value, Task.project_id),
    "parent_id": (lambda value: Task.parent_id == value, Task.parent_id),
    "top": lambda top: Task.parent_id.is_(None) if top else Task.parent_id.is_not(None),
    "status": (lambda value: Task.status == value, Task.status),
    "priority": (lambda value: Task.priority == value, Task.priority),
    "assignee_id": (lambda value: Task.assignee_id == value, Task.assignee_id),
    "created_by": (lambda value: Task.created_by == value, Task.created_by),
    "tag": (lambda value: Task.tags.contains(sa.func.array_append(sa.literal_column("'{}'::varchar[]"), value)), Task.title),
    "recurring": lambda yes: Task.recurrence.is_not(None) if yes else Task.recurrence.is_(None),
    "recurrence": (lambda value: Task.recurrence == value, Task.recurrence),
    "assigned": lambda yes: Task.assignee_id.is_not(None) if yes else Task.assignee_id.is_(None),
    "dated": lambda yes: Task.due_at.is_not(None) if yes else Task.due_at.is_(None),
    "due_zone": (lambda value: Task.due_zone == value, Task.due_zone),
    "due_before": (lambda value: Task.due_at < value, Task.due_at),
    "due_after": (lambda value: Task.due_at >= value, Task.due_at),
    "created_before": (lambda value: Task.created_at < value, Task.created_at),
    "created_after": (lambda value: Task.created_at >= value, Task.created_at),
    "updated_before": (lambda value: Task.updated_at < value, Task.updated_at),
    "updated_after": (lambda value: Task.updated_at >= value, Task.updated_at),
    "completed_before": (lambda value: Task.completed_at < value, Task.completed_at),
    "completed_after": (lambda value: Task.completed_at >= value, Task.completed_at),
    "title": (lambda value: Task.title == value, Task.title),
    "q": (lambda value: Task.search.op("@@")(sa.func.websearch_to_tsquery("simple", value)), Task.title),
    "deleted": lambda deleted: Task.deleted_at.is_not(None) if deleted else Task.deleted_at.is_(None),
}
SORTS = {
    "position": Task.position,
    "due_at": sa.func.coalesce(Task.due_at, FOREVER, type_=sa.DateTime(timezone=True)),
    "priority": Task.priority,
    "created_at": Task.created_at,
    "updated_at": Task.updated_at,
    "title": Task.title,
}


def my_projects() -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    seen = sa.select(Member.project_id).join(Project, Project.id == Member.project_id)
    parts = seen.where(Member.user_id == bind("user_id", Member.user_id), Project.deleted_at.is_(None)).subquery("mine")
    return parts, Task.project_id == parts.c.project_id


TASKS = Search(columns=COLUMNS, where=lambda: (mine(),), filters=FILTERS, sorts=SORTS, key=Task.id)
ALL_TASKS = Search(columns=COLUMNS, where=lambda: (), filters=FILTERS, sorts=SORTS, key=Task.id, each=my_projects)
ONE = Prepared(lambda: sa.select(*COLUMNS).where(Task.id == bind("id", Task.id), mine()))


def _create() -> sa.Select:
    """Count the project up, insert the task, record the change: one statement, which is its own transaction."""
    user, project = bind("user_id", Member.user_id), bind("project_id", Task.project_id)
    parent, assignee = bind("parent_id", Task.id), bind("assignee_id", Member.user_id)
    above = sa.orm.aliased(Task)
    counted = (
        sa.update(Project)
        .where(
            Project.id == project,
            Project.deleted_at.is_(None),
            sa.exists().where(Member.project_id == project, Member.user_id == user, Member.role.in_(["owner", "editor"])),
            sa.or_(
                parent.is_(None),
                sa.exists().where(above.id == parent, above.project_id == project, above.parent_id.is_(None), above.deleted_at.is_(None)),
            ),
            sa.or_(assignee.is_(None), sa.exists().where(Member.project_id == project, Member.user_id == assignee)),
        )
        .values(sequence=Project.sequence + 1)
        .returning(Project.id, Project.sequence)
        .cte("counted")
    )
    given = {name: bind(name, getattr(Task, name)) for name in NAMES if name not in GIVEN_BY_DATABASE}
    given |= {
        "project_id": counted.c.id,
        "parent_id": parent,
        "assignee_id": assignee,
        "created_by": user,
        "version": sa.literal_column("1"),
    }
    columns = {getattr(Task, name): value for name, value in given.items()}
    made = (
        sa.insert(Task)
        .from_select(list(columns), sa.select(*columns.values()).select_from(counted), include_defaults=False)
        .returning(*COLUMNS)
        .cte("made")
    )
    recorded = {
        Change.project_id: counted.c.id,
        Change.sequence: counted.c.sequence,
        Change.task_id: bind("id", Task.id),
        Change.kind: sa.literal_column("'created'"),
        Change.actor_id: user,
        Change.changes: sa.cast(sa.bindparam("changes", type_=sa.Text(), required=False), Change.changes.type),
        Change.request_id: sa.bindparam("request_id", type_=sa.Text(), required=False),
    }
    change = (
        sa.insert(Change)
        .from_select(list(recorded), sa.select(*recorded.values()).select_from(counted), include_defaults=False)
        .cte("change")
    )
    return sa.select(*[made.c[name] for name in NAMES]).add_cte(change)


GIVEN_BY_DATABASE = {"created_at", "updated_at", "deleted_at"}
CREATE = Prepared(_create)


def create(project_id: uuid.UUID, data: Mapping[str, Any], *, by: Actor) -> Any:
    """Add a task at the end. Raises NoSuchProject, RoleTooLow, NoSuchParent, AssigneeNotMember."""
    values = {**DEFAULTS, **data}
    task_id = new_id()
    done = values["status"] == "done"
    completed_at = dt.datetime.now(dt.UTC) if done else None
    if values["parent_id"] is not None or values["assignee_id"] is not None:
        # The statement looks at its snapshot: while it waits for the project, what is above or the assignee could go.
        projects.lock(project_id, by=by)
    events: list[Any] = [TaskCreated(task_id, project_id, by.user_id)]
    if done:
        events.append(TaskCompleted(task_id, project_id, by.user_id))
    if values["assignee_id"] is not None and values["assignee_id"] != by.user_id:
        events.append(TaskAssigned(task_id, project_id, values["assignee_id"], by.user_id))
    row = write(
        CREATE,
        events=events,
        id=task_id,
        project_id=project_id,
        user_id=by.user_id,
        position=order.at_the_end(),
        completed_at=completed_at,
        changes=json.dumps(as_json(data)),
        request_id=current_request_id(),
        **values,
    )
    if row is None:
        raise why_not(project_id, values, by=by)
    ring(history.STREAM, project_id)
    return row


def why_not(project_id: uuid.UUID, values: Mapping[str, Any], *, by: Actor) -> Exception:
    """What made a task impossible in this project; raises what hides it."""
    projects.role_in(project_id, by=by, needed="editor")
    check_place(project_id, values)
    return policy.NoSuchProject()


def check_place(project_id: uuid.UUID, values: Mapping[str, Any], task: Task | None = None) -> None:
    """Raises NoSuchParent or AssigneeNotMember."""
    if (parent_id := values.get("parent_id")) is not None:
        above = db.session.get(Task, parent_id)
        fits = above is not None and above.project_id == project_id and above.parent_id is None and above.deleted_at is None
        has_children = task is not None and db.session.scalar(sa.select(sa.exists().where(Task.parent_id == task.id)))
        if not fits or has_children or (task is not None and task.id == parent_id):
            raise policy.NoSuchParent(errors={"/parent_id": "Not a top-level task of this project."})
    if (assignee_id := values.get("assignee_id")) is not None and db.session.get(Member, (project_id, assignee_id)) is None:
        raise policy.AssigneeNotMember(errors={"/assignee_id": "Not a member of this project."})


def search(filters: Mapping[str, Any], sort: str, *, by: Actor):
    """Every task the actor may see."""
    tasks = TASKS if "project_id" in filters else ALL_TASKS
    return tasks.listing({"deleted": False, **filters}, sort=sort, user_id=by.user_id)


def in_project(project_id: uuid.UUID, filters: Mapping[str, Any], sort: str, *, by: Actor):
    """The tasks of one project. Raises NoSuchProject, once it turns out to be empty."""
    listing = search({**filters, "project_id": project_id}, sort, by=by)
    listing.when_empty = lambda: projects.role_in(project_id, by=by)
    return listing


def read(task_id: uuid.UUID, *, by: Actor) -> Any:
    """Raises NoSuchTask for who may not see it."""
    row = ONE.one(id=task_id, user_id=by.user_id)
    if row is None:
        raise policy.NoSuchTask()
    return row


def edit(task_id: uuid.UUID, changes: Mapping[str, Any], *, by: Actor) -> Task:
    task = taken(task_id, by=by)
    return apply(task, changes, by=by)


def apply(task: Task, changes: Mapping[str, Any], *, by: Actor) -> Task:
    """Change a locked task, record what really changed, and tell who listens."""
    check_place(task.project_id, changes, task)
    changed = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if not changed:
        return task
    completed = changed.get("status") == "done"
    rule = changed.get("recurrence", task.recurrence) if completed and changed.get("due_at", task.due_at) is not None else None
    if rule is not None:
        changed["recurrence"] = None  # it moves on to the next occurrence
    before = {name: getattr(task, name) for name in changed}
    for name, value in changed.items():
        setattr(task, name, value)
    if "status" in changed:
        task.completed_at = dt.datetime.now(dt.UTC) if completed else None
    save(task)
    history.record(task, "changed", as_json(changed) | {"before": as_json(before)}, by=by)
    if rule is not None:
        make_next(task, rule, by=by)
    if completed:
        emit(TaskCompleted(task.id, task.project_id, by.user_id))
    assignee = changed.get("assignee_id")
    if assignee is not None and assignee != by.user_id:
        emit(TaskAssigned(task.id, task.project_id, assignee, by.user_id))
    return task


def make_next(task: Task, rule: str, *, by: Actor) -> None:
    """The next occurrence of a recurring task; the rule moves on to it."""
    assert task.due_at is not None
    found = recurrence.following(rule, task.due_at, task.due_zone)
    if found is None:
        return
    due_at, left = found
    kept = {name: getattr(task, name) for name in ("title", "notes", "priority", "due_zone", "tags", "assignee_id", "parent_id")}
    create(task.project_id, {**kept, "due_at": due_at, "recurrence": left}, by=by)


def unassign(project_id: uuid.UUID, user_id: uuid.UUID, *, by: Actor) -> None:
    """Take every task of a project away from somebody who is no member any more."""
    theirs = sa.select(Task).where(Task.project_id == project_id, Task.assignee_id == user_id).order_by(Task.id)
    for task in db.session.scalars(theirs.with_for_update()):
        apply(task, {"assignee_id": None}, by=by)


def move(task_id: uuid.UUID, after_id: uuid.UUID | None, *, by: Actor) -> Task:
    """Put a task right after another of its project, or first. Only this row changes."""
    task = taken(task_id, by=by)
    if after_id == task.id or (after_id is not None and not in_this_project(after_id, task.project_id)):
        raise policy.NoSuchTask("There is no such task in this project to put it after.")
    position = place_after(after_id, task)
    if len(position) > order.LONGEST:
        respace(task.project_id, by=by)
        position = place_after(after_id, task)
    task.position = position
    save(task)
    history.record(task, "moved", {"position": task.position}, by=by)
    return task


def in_this_project(task_id: uuid.UUID, project_id: uuid.UUID) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(Task.id == task_id, Task.project_id == project_id))))


def place_after(after_id: uuid.UUID | None, task: Task) -> str:
    """A position right after another task of the same, locked, project; or before all."""
    siblings = sa.select(Task.position).where(Task.project_id == task.project_id, Task.id != task.id).order_by(Task.position)
    if after_id is None:
        top = db.session.scalar(siblings.limit(1))
        return order.first(top) if top is not None else task.position
    before = db.session.scalars(sa.select(Task.position).where(Task.id == after_id)).one()
    after = db.session.scalar(siblings.where(Task.position > before).limit(1))
    return order.between(before, after) if after is not None else order.last(before)


def respace(project_id: uuid.UUID, *, by: Actor) -> None:
    """Room between all tasks of a project again: after a thousand moves into one gap."""
    tasks = db.session.scalars(sa.select(Task).where(Task.project_id == project_id).order_by(Task.position, Task.id)).all()
    for task, position in zip(tasks, order.spread(len(tasks)), strict=True):
        task.position = position
        save(task)
        history.record(task, "moved", {"position": position}, by=by)


def delete(task_id: uuid.UUID, *, by: Actor) -> None:
    """Put a task and its sub-tasks away for thirty days."""
    remove(taken(task_id, by=by), dt.datetime.now(dt.UTC), by=by)


def remove(task: Task, now: dt.datetime, *, by: Actor) -> list[uuid.UUID]:
    """Put away a locked task and what is under it; the ids."""
    under = sa.select(Task).where(Task.parent_id == task.id, Task.deleted_at.is_(None)).order_by(Task.id)
    together = [task, *db.session.scalars(under.with_for_update())]
    for each in together:
        each.deleted_at = now
        save(each)
        history.record(each, "deleted", {}, by=by)
    return [each.id for each in together]


def restore(task_id: uuid.UUID, *, by: Actor) -> Task:
    """Bring back a task, with the sub-tasks that were deleted together with it."""
    task = taken(task_id, by=by, deleted=True)
    if task.parent_id is not None and db.session.get_one(Task, task.parent_id).deleted_at is not None:
        raise policy.NoSuchParent("Restore the task above it first.")
    together = sa.select(Task).where(Task.parent_id == task.id, Task.deleted_at == task.deleted_at).order_by(Task.id)
    for each in (task, *db.session.scalars(together.with_for_update())):
        each.deleted_at = None
        save(each)
        history.record(each, "restored", {}, by=by)
    return task


def taken(task_id: uuid.UUID, *, by: Actor, deleted: bool = False) -> Task:
    """The task, locked after its project, its version checked. Raises NoSuchTask, NotDeleted, RoleTooLow, PreconditionFailed."""
    role = db.session.execute(
        sa.select(Member.role)
        .join(Task, Task.project_id == Member.project_id)
        .join(Project, Project.id == Member.project_id)
        .where(Task.id == task_id, Member.user_id == by.user_id, Project.deleted_at.is_(None))
        .with_for_update(of=[Project, Member], key_share=True)
    ).scalar()
    if role is None:
        raise policy.NoSuchTask()
    policy.require(role, "editor")
    there = Task.deleted_at.is_not(None) if deleted else Task.deleted_at.is_(None)
    task = take(sa.select(Task).where(Task.id == task_id, there))
    if task is None:
        raise policy.NotDeleted() if deleted else policy.NoSuchTask()
    return task


def save(task: Task) -> None:
    task.updated_at = dt.datetime.now(dt.UTC)
    db.session.flush()


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a task as the change history keeps them."""
    return {name: plain(value) for name, value in values.items()}


def plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value
