"""What this service has sent, or would have."""

from app.notifications import endpoints, mail_service
from app.notifications.schemas.endpoints import TextMessageSchema
from app.notifications.schemas.outbox import MailQuery, MailSchema
from app.web import Blueprint, PageQuery
from app.web.query import filters

bp = Blueprint("outbox", __name__, url_prefix="/api/v1/notifications/outbox", description="Mail and SMS of this service")


@bp.route("", methods=["GET"])
@bp.needs("notifications.read_outbox")
@bp.arguments(MailQuery, location="query")
@bp.page(MailSchema)
def list_outbox(query):
    """Mail to everybody, the newest first

    Without a mail server it stays here as `kept`, with its text. The text of mail that has left is gone.
    """
    return mail_service.outbox(filters(query))


@bp.route("/texts", methods=["GET"])
@bp.needs("notifications.read_outbox")
@bp.arguments(PageQuery, location="query")
@bp.page(TextMessageSchema)
def list_kept_texts(query):
    """SMS that were not sent, because no SMS service is set, the newest first"""
    return endpoints.texts()
