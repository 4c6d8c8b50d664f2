from app.web import Id, PageQuery, Schema, Text, Timestamp, fields

ACTION = r"^[a-z_]+\.[a-z_]+$"


class EntrySchema(Schema):
    id = Id(required=True)
    action = Text(max=60, required=True)
    actor_id = Id(required=True, allow_none=True)
    account_id = Id(required=True, allow_none=True)
    request_id = Text(max=64, required=True)
    at = Timestamp(required=True)
    address = Text(max=45, required=True, allow_none=True)
    user_agent = Text(max=200, required=True, allow_none=True)
    details = fields.Dict(required=True, allow_none=True)


class MyEntriesQuery(PageQuery):
    action = Text(max=60, pattern=ACTION)
    after = Timestamp()
    before = Timestamp()


class EntriesQuery(MyEntriesQuery):
    account_id = Id()
    actor_id = Id()
