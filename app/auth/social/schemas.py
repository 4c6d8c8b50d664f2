import marshmallow as ma

from app.auth.social.settings import NAME
from app.web import Boolean, Id, QuerySchema, Schema, Text, Timestamp, fields

SECRET = r"^[A-Za-z0-9_-]{43,128}$"


class ProviderSchema(Schema):
    name = Text(max=13, pattern=f"^{NAME}$", required=True)
    title = Text(max=100, required=True)


class ProvidersSchema(Schema):
    items = fields.Items(fields.Nested(ProviderSchema), required=True)


class NewAuthorization(Schema):
    binding = Text(
        max=128,
        min=43,
        pattern=SECRET,
        required=True,
        metadata={"description": "A secret of the client's own, of at least 256 random bits, that it keeps until the hand-over"},
    )
    redirect = Text(
        min=1,
        max=500,
        allow_none=True,
        load_default=None,
        metadata={"description": "The registered address of a native app; without it the person ends at this service's own page"},
    )
    link = Boolean(
        load_default=False,
        metadata={"description": "For the account that is signed in: to add the identity to it, or to prove that it is still its owner"},
    )


class AuthorizationSchema(Schema):
    url = Text(max=10_000, required=True, metadata={"description": "Where to send the person"})
    expires_at = Timestamp(required=True)


class CallbackQuery(QuerySchema):
    """What we read of it; providers send more."""

    class Meta:
        unknown = ma.EXCLUDE

    state = Text(max=200)
    code = Text(max=8_000)
    error = Text(max=200)
    iss = Text(max=500)


class Handover(Schema):
    code = Text(min=1, max=200, required=True)
    binding = Text(min=43, max=128, pattern=SECRET, required=True)


class IdentitySchema(Schema):
    id = Id(required=True)
    provider = Text(max=30, required=True)
    email = Text(max=254, allow_none=True, required=True)
    verified = Boolean(required=True)
    linked_at = Timestamp(required=True)
    last_used_at = Timestamp(allow_none=True, required=True)
