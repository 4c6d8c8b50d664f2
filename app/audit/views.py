"""The audit log over HTTP."""

from flask import Response, stream_with_context

from app.access import me
from app.audit import service
from app.audit.export import to_ndjson
from app.audit.schemas import EntriesQuery, EntrySchema, MyEntriesQuery
from app.web import Blueprint
from app.web.query import filters

bp = Blueprint("audit", __name__, url_prefix="/api/v1/audit", description="Who did what")


@bp.route("/mine", methods=["GET"])
@bp.needs("accounts.read")
@bp.arguments(MyEntriesQuery, location="query")
@bp.page(EntrySchema)
def list_my_audit_entries(query):
    """What I did and what was done to my account, the newest first"""
    return service.of_mine(filters(query), by=me())


@bp.route("/entries", methods=["GET"])
@bp.needs("audit.read")
@bp.arguments(EntriesQuery, location="query")
@bp.page(EntrySchema)
def list_audit_entries(query):
    """Everybody's entries, the newest first"""
    return service.of_everybody(filters(query))


@bp.route("/entries/export", methods=["GET"])
@bp.needs("audit.read")
@bp.arguments(EntriesQuery, location="query")
@bp.response(200, content_type="application/x-ndjson", description="One JSON object a line")
def export_audit_entries(query):
    """Everybody's entries as NDJSON"""
    lines = to_ndjson(service.of_everybody(filters(query)))
    return Response(stream_with_context(lines), content_type="application/x-ndjson; charset=utf-8")
