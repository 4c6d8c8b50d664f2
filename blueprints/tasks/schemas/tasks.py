"""Tasks on the wire."""

from app.web import Boolean, Choice, Date, Id, Integer, PageQuery, QuerySchema, Schema, Text, Timestamp, TimeZone, fields
from app.web.fields import SAFE
from blueprints.tasks import recurrence
from blueprints.tasks.models import STATUSES

TAG = r"^[^ ,;\x00-\x1f]([^,;\x00-\x1f]*[^ ,;\x00-\x1f])?$"


class TaskSchema(Schema):
    id = Id(required=True)
    project_id = Id(required=True)
    parent_id = Id(required=True, allow_none=True)
    title = Text(max=500, required=True)
    notes = Text(max=20_000, required=True, metadata={"description": "Markdown"})
    status = Choice(*STATUSES, required=True)
    priority = Integer(min=0, max=4, required=True)
    due_at = Timestamp(required=True, allow_none=True)
    due_zone = Text(max=60, required=True, allow_none=True)
    tags = fields.Items(Text(max=50), required=True)
    position = Text(max=300, required=True, metadata={"description": "Sorts byte by byte"})
    assignee_id = Id(required=True, allow_none=True)
    recurrence = Text(max=200, required=True, allow_none=True, metadata={"description": "An RFC 5545 recurrence rule"})
    completed_at = Timestamp(required=True, allow_none=True)
    deleted_at = Timestamp(required=True, allow_none=True)
    created_by = Id(required=True, allow_none=True)
    version = Integer(required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)


class TaskInput(Schema):
    title = Text(min=1, max=500, required=True)
    notes = Text(max=20_000, metadata={"description": "Markdown"})
    status = Choice(*STATUSES)
    priority = Integer(min=0, max=4)
    due_at = Timestamp(allow_none=True)
    due_zone = TimeZone(allow_none=True)
    tags = fields.Items(Text(min=1, max=50, pattern=TAG), max=20, unique=True)
    assignee_id = Id(allow_none=True)
    parent_id = Id(allow_none=True)
    recurrence = Text(max=200, pattern=recurrence.PATTERN, allow_none=True, metadata={"description": recurrence.MEANING})


TaskPatch = TaskInput.patch("TaskPatch")

SORTS = ("position", "due_at", "priority", "created_at", "updated_at", "title")


class TaskQuery(PageQuery):
    status = Choice(*STATUSES)
    priority = Integer(min=0, max=4)
    title = Text(max=500)
    assignee_id = Id()
    created_by = Id()
    parent_id = Id()
    top = Boolean(metadata={"description": "Only tasks that are (false: are not) on the top level"})
    tag = Text(min=1, max=50)
    recurring = Boolean()
    recurrence = Text(max=200)
    assigned = Boolean()
    dated = Boolean(metadata={"description": "Only tasks with (false: without) a due time"})
    due_zone = Text(max=60)
    due_before = Timestamp()
    due_after = Timestamp()
    created_before = Timestamp()
    created_after = Timestamp()
    updated_before = Timestamp()
    updated_after = Timestamp()
    completed_before = Timestamp()
    completed_after = Timestamp()
    deleted = Boolean()
    q = Text(max=200, metadata={"description": 'Words, "phrases" and -exclusions in title and notes'})
    sort = Choice(*SORTS, *(f"-{name}" for name in SORTS), load_default="position")


class AnyTaskQuery(TaskQuery):
    project_id = Id()


class Position(Schema):
    after = Id(required=True, allow_none=True, metadata={"description": "The task to come right after; null: the first place"})


class ChangeSchema(Schema):
    sequence = Integer(min=0, max=SAFE, required=True)
    task_id = Id(required=True)
    kind = Text(max=20, required=True)
    actor_id = Id(required=True, allow_none=True)
    changes = fields.Dict(required=True)
    request_id = Text(max=64, required=True)
    at = Timestamp(required=True)


class ChangeQuery(PageQuery):
    after = Integer(min=0, max=SAFE)


class RowError(Schema):
    row = Integer(required=True, metadata={"description": "The line of the file on which the row begins; the first row is line 1"})
    errors = fields.Dict(
        required=True, metadata={"description": "Column, as in `/due_at` → what is wrong there; empty: the row as a whole"}
    )


class ImportReport(Schema):
    created = Integer(required=True)
    errors = fields.Items(fields.Nested(RowError), max=10_000, required=True)


CSV = r'^("?[A-Za-z_]+"?,)*"?title"?(,"?[A-Za-z_]+"?)*(\r?\n[^\x00]*)?$'
"""A first row that names the columns, title among them, then anything."""


class DayCount(Schema):
    day = Date(required=True)
    count = Integer(required=True)


class StatisticsSchema(Schema):
    completed = fields.Items(fields.Nested(DayCount), required=True)
    open = Integer(required=True)
    overdue = Integer(required=True)


class StatisticsQuery(QuerySchema):
    first = Date(
        data_key="from",
        metadata={"description": "The first day; without it, thirty days up to `to`. At most 366 days, of which `to` is the last"},
    )
    last = Date(data_key="to", metadata={"description": "The last day; without it, today"})
    zone = TimeZone(load_default="UTC")
