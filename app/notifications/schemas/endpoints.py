import base64

import marshmallow as ma
from cryptography.hazmat.primitives.asymmetric import ec

from app.web import Boolean, Id, Schema, Text, Timestamp, fields

ADDRESS = r"^https?://[!-~]+$"
BASE64 = r"^[A-Za-z0-9_-]+={0,2}$"


class PushKeySchema(Schema):
    public_key = Text(max=100, required=True)


def decoded(value: str, length: int) -> bytes:
    try:
        found = base64.urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4))
    except ValueError:
        found = b""
    if len(found) != length:
        raise ma.ValidationError(f"Must be {length} bytes in base 64 for URLs.")
    return found


def a_point(value: str) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(value, 65))
    except ValueError:
        raise ma.ValidationError("Must be an uncompressed point of the curve P-256.") from None


def a_secret(value: str) -> None:
    decoded(value, 16)


class PushKeys(Schema):
    p256dh = Text(min=87, max=88, pattern=BASE64, required=True, validate=a_point)
    auth = Text(min=22, max=24, pattern=BASE64, required=True, validate=a_secret)


class NewSubscription(Schema):
    """What `PushSubscription.toJSON()` gives."""

    endpoint = Text(min=10, max=1000, pattern=ADDRESS, required=True)
    keys = fields.Nested(PushKeys, required=True)
    expirationTime = fields.Number(allow_none=True)


class SubscriptionSchema(Schema):
    id = Id(required=True)
    endpoint = Text(max=1000, required=True)
    user_agent = Text(max=200, required=True)
    created_at = Timestamp(required=True)


class NewWebhook(Schema):
    url = Text(min=10, max=1000, pattern=ADDRESS, required=True)


class WebhookSchema(Schema):
    id = Id(required=True)
    url = Text(max=1000, required=True)
    created_at = Timestamp(required=True)
    disabled_at = Timestamp(required=True, allow_none=True)


class WebhookWithSecretSchema(WebhookSchema):
    secret = Text(max=60, required=True)


class PhoneSchema(Schema):
    number = Text(max=16, required=True, allow_none=True)
    verified = Boolean(required=True)


class NewPhone(Schema):
    number = Text(min=8, max=16, pattern=r"^\+[1-9][0-9]{6,14}$", required=True)


class PhoneCode(Schema):
    code = Text(min=6, max=6, pattern=r"^[0-9]{6}$", required=True)


class TextMessageSchema(Schema):
    id = Id(required=True)
    account_id = Id(required=True)
    number = Text(max=16, required=True)
    text = Text(max=1600, required=True)
    created_at = Timestamp(required=True)
