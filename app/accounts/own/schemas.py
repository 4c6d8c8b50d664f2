from app.web import Id, Integer, Schema, Text, Timestamp


class ExportSchema(Schema):
    id = Id(required=True)
    state = Text(max=10, required=True, metadata={"description": "pending, ready, too_large or failed"})
    size = Integer(required=True, allow_none=True, metadata={"description": "In bytes"})
    created_at = Timestamp(required=True)
    expires_at = Timestamp(required=True)


class DeletionRequest(Schema):
    password = Text(
        min=1,
        max=128,
        allow_none=True,
        load_default=None,
        metadata={"description": "Without it, the session must have authenticated within the last ten minutes"},
    )


class DeletionSchema(Schema):
    deletion_at = Timestamp(required=True, metadata={"description": "Until then it can be taken back"})
