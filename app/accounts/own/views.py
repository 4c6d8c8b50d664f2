"""Your data: taking it along, and leaving."""

from flask import Response

from app.access import me
from app.accounts.own import deletion, exports
from app.accounts.own.schemas import DeletionRequest, DeletionSchema, ExportSchema
from app.db import unit_of_work
from app.web import Blueprint, PageQuery

bp = Blueprint("your_data", __name__, url_prefix="/api/v1/accounts/me", description="Take your data along, or leave")


@bp.route("/exports", methods=["POST"])
@bp.needs("accounts.write")
@bp.response(202, ExportSchema, location="/api/v1/accounts/me/exports/{0.id}")
@bp.alt_response(409, description="One is being made already")
def request_export():
    """Have an archive of my data made; one at a time"""
    return exports.request(by=me())


@bp.route("/exports", methods=["GET"])
@bp.needs("accounts.read")
@bp.arguments(PageQuery, location="query")
@bp.page(ExportSchema)
def list_exports(query):
    """My archives, the newest first"""
    return exports.search(by=me())


@bp.route("/exports/<uuid:export_id>", methods=["GET"])
@bp.needs("accounts.read")
@bp.response(200, ExportSchema)
def get_export(export_id):
    """An archive of mine: is it ready?"""
    return exports.get(export_id, by=me())


@bp.route("/exports/<uuid:export_id>/archive", methods=["GET"])
@bp.needs("accounts.read")
@bp.response(200, content_type="application/zip", description="JSON files, a folder for each stage")
@bp.alt_response(409, description="It is not ready")
def download_export(export_id):
    """The archive itself; only for who has authenticated within the last ten minutes"""
    with unit_of_work():
        content = exports.download(export_id, by=me())
    headers = {"Content-Disposition": 'attachment; filename="your-data.zip"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/zip", headers=headers)


@bp.route("/deletion", methods=["POST"])
@bp.needs("accounts.delete")
@bp.rare
@bp.own_transactions
@bp.arguments(DeletionRequest)
@bp.response(202, DeletionSchema)
@bp.alt_response(409, description="I asked for it already, or am the last administrator")
def request_deletion(data):
    """Have my account deleted after the days of grace

    My sessions end and my tokens stop working. Signing in again is possible until then, to take it back and for nothing else.
    """
    return deletion.request(data["password"], by=me())


@bp.route("/deletion", methods=["DELETE"])
@bp.needs("accounts.delete")
@bp.response(204)
@bp.alt_response(404, description="I did not ask for it")
def cancel_deletion():
    """Keep my account after all"""
    deletion.cancel(by=me())
