from app.web import Boolean, Id, Schema, Text, Timestamp, fields

LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = rf"^https?://{LABEL}(\.{LABEL})*(:[0-9]{{1,5}})?(/[A-Za-z0-9/._~%!$&'()*+,;=:@?-]*)?$"
POINT = r"^B[A-Za-z0-9_-]{85}[AEIMQUYcgkosw048]=?$"
"""65 bytes, of which the first is 4: an uncompressed point."""
SECRET = r"^[A-Za-z0-9_-]{21}[AQgw](==)?$"
"""16 bytes."""


class PushKeySchema(Schema):
    public_key = Text(max=100, required=True)


class PushKeys(Schema):
    p256dh = Text(min=87, max=88, pattern=POINT, required=True)
    auth = Text(min=22, max=24, pattern=SECRET, required=True)


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
