from app.accounts.schemas import UserSchema
from app.web import Boolean, Email, Id, Integer, Schema, Text, Timestamp, fields

NEW_PASSWORD = {"min": 8, "max": 128, "required": True}
PASSWORD = {"min": 1, "max": 512, "required": True}
"""Longer than a new one may be: the same password can be typed in a longer form of Unicode."""


def proof() -> Text:
    """What a captcha asked for. See `GET /api/v1/auth/captcha`."""
    return Text(max=8000, load_default=None, allow_none=True, data_key="captcha", metadata={"description": "Proof of the captcha"})


class Registration(Schema):
    email = Email(required=True)
    password = Text(**NEW_PASSWORD)
    name = Text(min=1, max=100, required=True)
    solution = proof()


class Credentials(Schema):
    email = Email(required=True)
    password = Text(**PASSWORD)
    solution = proof()


class Address(Schema):
    email = Email(required=True)
    solution = proof()


class Link(Schema):
    token = Text(min=1, max=200, required=True, metadata={"description": "From the link in the mail"})


class PasswordReset(Link):
    password = Text(**NEW_PASSWORD)


class AddressChange(Schema):
    email = Email(required=True)
    password = Text(**PASSWORD)


class CaptchaSchema(Schema):
    kind = Text(max=20, required=True, metadata={"description": "off, altcha, turnstile, hcaptcha or recaptcha"})
    site_key = Text(max=500, required=True, allow_none=True)
    challenge_url = Text(max=200, required=True, allow_none=True)


class ParametersSchema(Schema):
    """ALTCHA, version 2."""

    algorithm = Text(max=40, required=True)
    cost = Integer(required=True)
    keyLength = Integer(required=True)
    keyPrefix = Text(max=64, required=True)
    nonce = Text(max=64, required=True)
    salt = Text(max=64, required=True)
    expiresAt = fields.Integer(required=True)


class ChallengeSchema(Schema):
    parameters = fields.Nested(ParametersSchema, required=True)
    signature = Text(max=128, required=True)


class Refresh(Schema):
    refresh_token = Text(min=1, max=200, required=True)


class PasswordChange(Schema):
    current_password = Text(**PASSWORD)
    new_password = Text(**NEW_PASSWORD)


class TokensSchema(Schema):
    access_token = Text(max=2000, required=True)
    refresh_token = Text(max=200, required=True)
    token_type = Text(max=20, required=True)
    expires_in = Integer(required=True)


class SignedInSchema(TokensSchema):
    user = fields.Nested(UserSchema, required=True)


class SessionSchema(Schema):
    id = Id(required=True)
    created_at = Timestamp(required=True)
    last_seen_at = Timestamp(required=True)
    expires_at = Timestamp(required=True)
    user_agent = Text(max=200, required=True)
    address = Text(max=45, required=True)
    authenticated_at = Timestamp(required=True)
    methods = fields.Items(Text(max=20), required=True)
    current = Boolean(required=True)


class NewPersonalToken(Schema):
    name = Text(min=1, max=100, required=True)
    scopes = fields.Items(Text(min=1, max=100), min=1, max=100, unique=True, required=True)
    expires_at = Timestamp(allow_none=True, load_default=None)


class PersonalTokenSchema(Schema):
    id = Id(required=True)
    name = Text(max=100, required=True)
    prefix = Text(max=20, required=True)
    scopes = fields.Items(Text(max=100), required=True)
    created_at = Timestamp(required=True)
    expires_at = Timestamp(allow_none=True, required=True)
    last_used_at = Timestamp(allow_none=True, required=True)


class MadePersonalTokenSchema(PersonalTokenSchema):
    token = Text(max=100, required=True, metadata={"description": "Shown this once"})
