from app.accounts.admin.users import ROLES
from app.accounts.schemas import UserSchema
from app.web import Boolean, Choice, Id, Integer, PageQuery, Schema, Text, Timestamp, fields


class ManagedUserSchema(Schema):
    id = Id(required=True)
    email = Text(max=254, required=True)
    name = Text(max=100, required=True)
    roles = fields.Items(Text(max=20), required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    disabled_at = Timestamp(required=True, allow_none=True)
    deletion_at = Timestamp(required=True, allow_none=True, metadata={"description": "When the account will be erased"})
    version = Integer(required=True)


class UsersQuery(PageQuery):
    q = Text(min=1, max=100, metadata={"description": "Beginnings of words of the name or the address"})
    role = Choice(*ROLES)
    disabled = Boolean()
    created_after = Timestamp()
    created_before = Timestamp()


class ManagedUserPatch(Schema):
    name = Text(min=1, max=100)
    roles = fields.Items(Choice(*ROLES), min=1, max=len(ROLES), unique=True)


class Disablement(Schema):
    reason = Text(max=200, load_default="", metadata={"description": "Is written into the audit log, which the person can read"})


class GrantSchema(Schema):
    id = Id(required=True)
    role = Text(max=20, required=True, allow_none=True)
    user_id = Id(required=True, allow_none=True)
    permission = Text(max=100, required=True)


class GrantsQuery(PageQuery):
    role = Choice(*ROLES)
    user_id = Id()
    permission = Text(max=100)


class ImpersonationSchema(Schema):
    access_token = Text(max=2000, required=True)
    token_type = Text(max=20, required=True)
    expires_in = Integer(required=True)
    user = fields.Nested(UserSchema, required=True)
