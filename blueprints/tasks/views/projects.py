"""Projects and their members over HTTP."""

from app.access import me
from app.web import Blueprint, PageQuery
from app.web.query import filters
from blueprints.tasks.schemas.projects import (
    Invitation,
    MemberSchema,
    ProjectInput,
    ProjectPatch,
    ProjectQuery,
    ProjectSchema,
    Role,
)
from blueprints.tasks.service import members, projects

bp = Blueprint("projects", __name__, url_prefix="/api/v1/tasks/projects", description="Lists of tasks that people share")


@bp.route("", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(ProjectQuery, location="query")
@bp.page(ProjectSchema)
def list_projects(query):
    """Projects that I may see"""
    return projects.search(filters(query), query["sort"], by=me())


@bp.route("", methods=["POST"])
@bp.needs("tasks.write")
@bp.arguments(ProjectInput)
@bp.response(201, ProjectSchema, location="/api/v1/tasks/projects/{0.id}")
def create_project(data):
    """Make a project; it is mine"""
    return projects.create(data, by=me())


@bp.route("/<uuid:project_id>", methods=["GET"])
@bp.needs("tasks.read")
@bp.response(200, ProjectSchema)
def get_project(project_id):
    """One project"""
    return projects.read(project_id, by=me())


@bp.route("/<uuid:project_id>", methods=["PATCH"])
@bp.needs("tasks.write")
@bp.if_match
@bp.arguments(ProjectPatch)
@bp.response(200, ProjectSchema)
def update_project(changes, project_id):
    """Change a project"""
    return projects.edit(project_id, changes, by=me())


@bp.route("/<uuid:project_id>", methods=["DELETE"])
@bp.needs("tasks.write")
@bp.if_match
@bp.response(204)
def delete_project(project_id):
    """Delete a project; it can be restored for thirty days"""
    projects.delete(project_id, by=me())


@bp.route("/<uuid:project_id>/restoration", methods=["POST"])
@bp.needs("tasks.write")
@bp.response(201, ProjectSchema)
def restore_project(project_id):
    """Bring back a deleted project"""
    return projects.restore(project_id, by=me())


@bp.route("/<uuid:project_id>/members", methods=["GET"])
@bp.needs("tasks.read")
@bp.arguments(PageQuery, location="query")
@bp.page(MemberSchema)
def list_members(query, project_id):
    """Who shares a project"""
    return members.search(project_id, by=me())


@bp.route("/<uuid:project_id>/members", methods=["POST"])
@bp.needs("tasks.write")
@bp.arguments(Invitation)
@bp.response(201, MemberSchema)
def add_member(data, project_id):
    """Share a project with somebody who has an account"""
    return members.share(project_id, data["email"], data["role"], by=me())


@bp.route("/<uuid:project_id>/members/<uuid:user_id>", methods=["PUT"])
@bp.needs("tasks.write")
@bp.arguments(Role)
@bp.response(200, MemberSchema)
def set_member_role(data, project_id, user_id):
    """Give somebody another role"""
    return members.set_role(project_id, user_id, data["role"], by=me())


@bp.route("/<uuid:project_id>/members/<uuid:user_id>", methods=["DELETE"])
@bp.needs("tasks.write")
@bp.response(204)
def remove_member(project_id, user_id):
    """Take somebody out of a project, or leave it"""
    members.remove(project_id, user_id, by=me())
