"""My browsers, webhooks and phone over HTTP."""

from flask import request

from app.access import me
from app.db import unit_of_work
from app.notifications import endpoints
from app.notifications.channels import vapid
from app.notifications.schemas.endpoints import (
    NewPhone,
    NewSubscription,
    NewWebhook,
    PhoneCode,
    PhoneSchema,
    PushKeySchema,
    SubscriptionSchema,
    WebhookSchema,
    WebhookWithSecretSchema,
)
from app.web import Blueprint, PageQuery

bp = Blueprint("notification_endpoints", __name__, url_prefix="/api/v1/notifications", description="Where notifications reach you")


@bp.route("/push/key", methods=["GET"])
@bp.needs("notifications.read")
@bp.response(200, PushKeySchema)
def get_push_key():
    """The key that `PushManager.subscribe` asks for as `applicationServerKey`"""
    with unit_of_work():  # the first one to ask makes it
        return {"public_key": vapid.public_key()}


@bp.route("/push/subscriptions", methods=["GET"])
@bp.needs("notifications.read")
@bp.arguments(PageQuery, location="query")
@bp.page(SubscriptionSchema)
def list_push_subscriptions(query):
    """My browsers that take web push, the newest first"""
    return endpoints.subscriptions(by=me())


@bp.route("/push/subscriptions", methods=["POST"])
@bp.needs("notifications.write")
@bp.arguments(NewSubscription)
@bp.response(201, SubscriptionSchema)
def create_push_subscription(data):
    """Have this browser take web push for me

    The body is what `PushSubscription.toJSON()` gives. An endpoint that is known gets its new keys.
    """
    agent = request.headers.get("User-Agent", "")[:200]
    return endpoints.subscribe(data["endpoint"], data["keys"]["p256dh"], data["keys"]["auth"], agent, by=me())


@bp.route("/push/subscriptions/<uuid:subscription_id>", methods=["DELETE"])
@bp.needs("notifications.write")
@bp.response(204)
def delete_push_subscription(subscription_id):
    """No more web push to a browser"""
    endpoints.unsubscribe(subscription_id, by=me())


@bp.route("/webhooks", methods=["GET"])
@bp.needs("notifications.read")
@bp.arguments(PageQuery, location="query")
@bp.page(WebhookSchema)
def list_webhooks(query):
    """My webhooks, the newest first"""
    return endpoints.webhooks(by=me())


@bp.route("/webhooks", methods=["POST"])
@bp.needs("notifications.write")
@bp.secret
@bp.arguments(NewWebhook)
@bp.response(201, WebhookWithSecretSchema)
def create_webhook(data):
    """Have an address told of my notifications; its secret is shown this once

    Signed as https://www.standardwebhooks.com says.
    """
    return endpoints.add_webhook(data["url"], by=me())


@bp.route("/webhooks/<uuid:webhook_id>/secret", methods=["PUT"])
@bp.needs("notifications.write")
@bp.secret
@bp.response(200, WebhookWithSecretSchema)
def renew_webhook_secret(webhook_id):
    """A new secret, shown this once; a webhook that was switched off is on again"""
    return endpoints.renew_secret(webhook_id, by=me())


@bp.route("/webhooks/<uuid:webhook_id>", methods=["DELETE"])
@bp.needs("notifications.write")
@bp.response(204)
def delete_webhook(webhook_id):
    """Tell an address no more"""
    endpoints.remove_webhook(webhook_id, by=me())


@bp.route("/phone", methods=["GET"])
@bp.needs("notifications.read")
@bp.response(200, PhoneSchema)
def get_phone():
    """The number that takes my SMS"""
    return endpoints.phone(by=me())


@bp.route("/phone", methods=["PUT"])
@bp.needs("notifications.write")
@bp.rare
@bp.secret
@bp.arguments(NewPhone)
@bp.response(200, PhoneSchema)
def set_phone(data):
    """Send a code to a number; it takes my SMS once I have typed it in"""
    return endpoints.set_phone(data["number"], by=me())


@bp.route("/phone/verification", methods=["POST"])
@bp.needs("notifications.write")
@bp.rare
@bp.own_transactions
@bp.arguments(PhoneCode)
@bp.response(200, PhoneSchema)
def verify_phone(data):
    """Type in the code that the number got; five guesses"""
    return endpoints.confirm_phone(data["code"], by=me())


@bp.route("/phone", methods=["DELETE"])
@bp.needs("notifications.write")
@bp.response(204)
def delete_phone():
    """No more SMS"""
    endpoints.forget_phone(by=me())
