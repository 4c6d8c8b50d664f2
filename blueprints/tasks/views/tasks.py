"""Tasks over HTTP."""

from flask import Response

from app.access import me
from app.web import Blueprint, PageQuery
from app.web.arguments import validator
from app.web.query import filters
from blueprints.tasks.schemas.bulk import BulkCreate, BulkDelete, BulkResults, BulkUpdate, TaskRef, TaskUpdate
from blueprints.tasks.schemas.tasks import (
    CSV,
    AnyTaskQuery,
    ChangeQuery,
    ChangeSchema,
    ImportReport,
    Position,
    StatisticsQuery,
    StatisticsSchema,
    TaskInput,
    TaskPatch,
    TaskQuery,
    TaskSchema,
)
from blueprints.tasks.service import bulk, exchange, history, statistics, tasks

bp = Blueprint("tasks", __name__, url_prefix="/api/v1/tasks", description="Things to do")


@bp.route("/projects/<uuid:project_id>/tasks", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(TaskQuery, location="query")
@bp.page(TaskSchema)
def list_project_tasks(query, project_id):
    """Tasks of a project"""
    return tasks.in_project(project_id, filters(query), query["sort"], by=me())


@bp.route("/projects/<uuid:project_id>/tasks", methods=["POST"])
@bp.needs("tasks.write")
@bp.arguments(TaskInput)
@bp.response(201, TaskSchema, location="/api/v1/tasks/tasks/{0.id}")
def create_task(data, project_id):
    """Add a task to a project"""
    return tasks.create(project_id, data, by=me())


@bp.route("/tasks", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(AnyTaskQuery, location="query")
@bp.page(TaskSchema)
def list_tasks(query):
    """All tasks that I may see"""
    return tasks.search(filters(query), query["sort"], by=me())


@bp.route("/tasks/<uuid:task_id>", methods=["GET"])
@bp.needs("tasks.read")
@bp.response(200, TaskSchema)
def get_task(task_id):
    """One task"""
    return tasks.read(task_id, by=me())


@bp.route("/tasks/<uuid:task_id>", methods=["PATCH"])
@bp.needs("tasks.write")
@bp.if_match
@bp.arguments(TaskPatch)
@bp.response(200, TaskSchema)
def update_task(changes, task_id):
    """Change a task"""
    return tasks.edit(task_id, changes, by=me())


@bp.route("/tasks/<uuid:task_id>", methods=["DELETE"])
@bp.needs("tasks.write")
@bp.if_match
@bp.response(204)
def delete_task(task_id):
    """Delete a task with its sub-tasks; they can be restored for thirty days"""
    tasks.delete(task_id, by=me())


@bp.route("/tasks/<uuid:task_id>/restoration", methods=["POST"])
@bp.needs("tasks.write")
@bp.response(201, TaskSchema)
def restore_task(task_id):
    """Bring back a deleted task"""
    return tasks.restore(task_id, by=me())


@bp.route("/tasks/<uuid:task_id>/position", methods=["PUT"])
@bp.needs("tasks.write")
@bp.arguments(Position)
@bp.response(200, TaskSchema)
def move_task(data, task_id):
    """Move a task within its project"""
    return tasks.move(task_id, data["after"], by=me())


@bp.route("/tasks/<uuid:task_id>/changes", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(PageQuery, location="query")
@bp.page(ChangeSchema)
def list_task_changes(query, task_id):
    """The history of a task, the newest change first"""
    return history.of_task(task_id, tasks.read(task_id, by=me()).project_id)


@bp.route("/projects/<uuid:project_id>/changes", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(ChangeQuery, location="query")
@bp.page(ChangeSchema)
def list_project_changes(query, project_id):
    """Changes of a project's tasks, the oldest first"""
    return history.of_project(project_id, filters(query), by=me())


@bp.route("/projects/<uuid:project_id>/tasks/bulk", methods=["POST"])
@bp.needs("tasks.write")
@bp.arguments(BulkCreate)
@bp.doc(requestBody=BulkCreate.document())
@bp.response(200, BulkResults)
def create_tasks(data, project_id):
    """Add many tasks"""
    return {"results": bulk.create(project_id, data["items"], validator(TaskInput()), atomic=data["mode"] == "atomic", by=me())}


@bp.route("/projects/<uuid:project_id>/tasks/bulk", methods=["PATCH"])
@bp.needs("tasks.write")
@bp.arguments(BulkUpdate)
@bp.doc(requestBody=BulkUpdate.document())
@bp.response(200, BulkResults)
def update_tasks(data, project_id):
    """Change many tasks; an item's `version` is its precondition"""
    return {"results": bulk.update(project_id, data["items"], validator(TaskUpdate()), atomic=data["mode"] == "atomic", by=me())}


@bp.route("/projects/<uuid:project_id>/tasks/bulk/deletion", methods=["POST"])
@bp.needs("tasks.write")
@bp.arguments(BulkDelete)
@bp.doc(requestBody=BulkDelete.document())
@bp.response(200, BulkResults)
def delete_tasks(data, project_id):
    """Delete many tasks"""
    return {"results": bulk.delete(project_id, data["items"], validator(TaskRef()), atomic=data["mode"] == "atomic", by=me())}


@bp.route("/projects/<uuid:project_id>/export.csv", methods=["GET"])
@bp.needs("tasks.read")
@bp.response(200, content_type="text/csv", description="Tasks as CSV")
def export_csv(project_id):
    """A project's tasks as CSV"""
    return attachment(exchange.to_csv(project_id, by=me()), "text/csv", "tasks.csv")


@bp.route("/projects/<uuid:project_id>/export.ics", methods=["GET"])
@bp.needs("tasks.read")
@bp.response(200, content_type="text/calendar", description="Tasks as iCalendar")
def export_ical(project_id):
    """A project's tasks as iCalendar"""
    return attachment(exchange.to_ical(project_id, by=me()), "text/calendar", "tasks.ics")


@bp.route("/projects/<uuid:project_id>/import", methods=["POST"])
@bp.needs("tasks.write")
@bp.text_body("text/csv", pattern=CSV)
@bp.response(200, ImportReport)
def import_csv(text, project_id):
    """Add tasks from CSV; wrong rows are reported, the others are kept

    The first row names columns, out of those of the export. `parent` is the `id` of a row above or of a task of this
    project, `assignee` the e-mail address of a member, `tags` are separated by semicolons. Of text that an
    apostrophe keeps from being run as a formula (`'=1+1`) one apostrophe is taken away. Blank lines are no rows.
    """
    return exchange.from_csv(project_id, text, validator(TaskInput()), by=me())


@bp.route("/projects/<uuid:project_id>/statistics", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(StatisticsQuery, location="query")
@bp.response(200, StatisticsSchema)
def get_statistics(query, project_id):
    """Completed tasks per day; open and overdue ones"""
    return statistics.of_project(project_id, query.get("first"), query.get("last"), query["zone"], by=me())


def attachment(content: str | bytes, media_type: str, name: str) -> Response:
    return Response(content, content_type=f"{media_type}; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
