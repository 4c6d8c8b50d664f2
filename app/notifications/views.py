"""Notifications over HTTP."""

from app.notifications import mail_service
from app.notifications.schemas import MailQuery, MailSchema
from app.web import Blueprint
from app.web.query import filters

bp = Blueprint("notifications", __name__, url_prefix="/api/v1/notifications", description="Mail and notifications")


@bp.route("/outbox", methods=["GET"])
@bp.needs("notifications.read_outbox")
@bp.arguments(MailQuery, location="query")
@bp.page(MailSchema)
def list_outbox(query):
    """Mail to everybody, the newest first

    Without a mail server it stays here as `kept`, with its text. The text of mail that has left is gone.
    """
    return mail_service.outbox(filters(query))
