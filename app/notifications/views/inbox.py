"""My notifications over HTTP, and what I want to hear of."""

from app.access import me
from app.notifications import deliveries, inbox, preferences
from app.notifications.schemas.inbox import (
    ChannelsPatch,
    DeliverySchema,
    NewQuietHours,
    NotificationSchema,
    NotificationsQuery,
    PreferenceSchema,
    QuietHoursSchema,
    ReadAll,
    ReadSchema,
    SummarySchema,
)
from app.web import Blueprint, PageQuery
from app.web.query import filters

bp = Blueprint("notifications", __name__, url_prefix="/api/v1/notifications", description="Notifications and how they reach you")


@bp.route("/notifications", methods=["GET"])
@bp.needs("notifications.read")
@bp.arguments(NotificationsQuery, location="query")
@bp.page(NotificationSchema)
def list_notifications(query):
    """My notifications, what happened last first"""
    return inbox.listing(filters(query), by=me())


@bp.route("/summary", methods=["GET"])
@bp.needs("notifications.read")
@bp.response(200, SummarySchema)
def get_notifications_summary():
    """How many are unread

    Subscribe to the stream `notifications.account`, keyed by your account's id, after this sequence.
    """
    return inbox.summary(by=me())


@bp.route("/notifications/<uuid:notification_id>/reading", methods=["PUT"])
@bp.needs("notifications.write")
@bp.response(200, NotificationSchema)
def read_notification(notification_id):
    """Mark a notification as read"""
    return inbox.mark(notification_id, read=True, by=me())


@bp.route("/notifications/<uuid:notification_id>/reading", methods=["DELETE"])
@bp.needs("notifications.write")
@bp.response(200, NotificationSchema)
def unread_notification(notification_id):
    """Mark a notification as unread"""
    return inbox.mark(notification_id, read=False, by=me())


@bp.route("/readings", methods=["POST"])
@bp.needs("notifications.write")
@bp.arguments(ReadAll)
@bp.response(200, ReadSchema)
def read_notifications(data):
    """Mark all as read up to the position of the newest that was seen"""
    return {"read": inbox.mark_all(data["until"], by=me())}


@bp.route("/notifications/<uuid:notification_id>/deliveries", methods=["GET"])
@bp.needs("notifications.read")
@bp.arguments(PageQuery, location="query")
@bp.page(DeliverySchema)
def list_notification_deliveries(query, notification_id):
    """What became of a notification outside of the app"""
    return deliveries.of_notification(notification_id, by=me())


@bp.route("/preferences", methods=["GET"])
@bp.needs("notifications.read")
@bp.page(PreferenceSchema)
def list_notification_preferences():
    """What I hear of, and how"""
    return preferences.listed(by=me())


@bp.route("/preferences/<kind>", methods=["PATCH"])
@bp.needs("notifications.write")
@bp.arguments(ChannelsPatch)
@bp.response(200, PreferenceSchema)
def update_notification_preference(changes, kind):
    """Hear of a kind through other channels"""
    return preferences.choose(kind, changes, by=me())


@bp.route("/quiet-hours", methods=["GET"])
@bp.needs("notifications.read")
@bp.response(200, QuietHoursSchema)
def get_quiet_hours():
    """When push, mail and SMS wait; null while they never do"""
    return preferences.quiet_hours(by=me())


@bp.route("/quiet-hours", methods=["PUT"])
@bp.needs("notifications.write")
@bp.arguments(NewQuietHours)
@bp.response(200, QuietHoursSchema)
def set_quiet_hours(data):
    """Have push, mail and SMS wait for the end of these hours"""
    return preferences.set_quiet_hours(**data, by=me())


@bp.route("/quiet-hours", methods=["DELETE"])
@bp.needs("notifications.write")
@bp.response(204)
def clear_quiet_hours():
    """No quiet hours any more"""
    preferences.clear_quiet_hours(by=me())
