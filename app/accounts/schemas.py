from app.web import Id, Schema, Text, Timestamp, fields


class ImpersonatorSchema(Schema):
    id = Id(required=True)
    name = Text(max=100, required=True)


class MeSchema(Schema):
    id = Id(required=True)
    email = Text(max=254, required=True)
    name = Text(max=100, required=True)
    roles = fields.Items(Text(max=20), required=True)
    permissions = fields.Items(Text(max=100), required=True)
    impersonated_by = fields.Nested(
        ImpersonatorSchema, required=True, allow_none=True, metadata={"description": "The administrator who acts in this person's place"}
    )
    deletion_at = Timestamp(required=True, allow_none=True, metadata={"description": "When the account will be erased"})
    version = fields.Integer(required=True)
    created_at = Timestamp(required=True)
    verified_at = Timestamp(required=True, allow_none=True, metadata={"description": "When the address was shown to be mine"})


class UserSchema(Schema):
    id = Id(required=True)
    email = Text(max=254, required=True)
    name = Text(max=100, required=True)
    roles = fields.Items(Text(max=20), required=True)
    created_at = Timestamp(required=True)


class MeUpdate(Schema):
    name = Text(min=1, max=100, required=True)
