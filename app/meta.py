"""What this deployment is: its stages, permissions and pages."""

from flask import current_app

import app as package
from app.stages import Stage
from app.web import Blueprint, Schema, Text, fields

bp = Blueprint("meta", __name__, url_prefix="/api/v1", description="What this deployment offers")


class StageSchema(Schema):
    name = Text(max=50, required=True)
    summary = Text(max=200, required=True)
    permissions = fields.Dict(keys=Text(max=100), values=Text(max=200), required=True)


class PageSchema(Schema):
    stage = Text(max=50, required=True)
    title = Text(max=50, required=True)
    path = Text(max=50, required=True)
    module = Text(max=200, required=True)


class MetaSchema(Schema):
    name = Text(max=50, required=True)
    version = Text(max=50, required=True)
    stages = fields.Items(fields.Nested(StageSchema), required=True)
    pages = fields.Items(fields.Nested(PageSchema), required=True)


@bp.route("/meta", methods=["GET"])
@bp.public
@bp.response(200, MetaSchema)
def get_meta():
    """Stages that are on, with their permissions and console pages"""
    on = current_app.extensions["stages"]
    return {
        "name": "Zero2Hero",
        "version": package.__version__,
        "stages": [{"name": s.name, "summary": s.summary, "permissions": s.permissions} for s in on.values()],
        "pages": [
            {"stage": s.name, "title": s.console.title, "path": s.console.path, "module": f"/console/{s.name}/{s.console.module}"}
            for s in on.values()
            if s.console is not None
        ],
    }


stage = Stage(name="meta", summary="What this deployment offers", blueprints=[bp])
