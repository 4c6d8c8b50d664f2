from app.accounts.schemas import UserSchema
from app.web import Boolean, Email, Id, Integer, Schema, Text, Timestamp, fields


class Registration(Schema):
    email = Email(required=True)
    password = Text(min=8, max=128, required=True)
    name = Text(min=1, max=100, required=True)


class Credentials(Schema):
    email = Email(required=True)
    password = Text(min=1, max=128, required=True)


class Refresh(Schema):
    refresh_token = Text(min=1, max=200, required=True)


class PasswordChange(Schema):
    current_password = Text(min=1, max=128, required=True)
    new_password = Text(min=8, max=128, required=True)


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
