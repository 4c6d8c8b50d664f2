from app.notifications.models import MAIL_STATES
from app.web import Choice, Email, Id, Integer, PageQuery, Schema, Text, Timestamp

LONGEST = 1_000_000


class MailSchema(Schema):
    id = Id(required=True)
    account_id = Id(required=True, allow_none=True)
    recipient = Text(max=254, required=True)
    template = Text(max=100, required=True)
    subject = Text(max=250, required=True)
    text = Text(max=LONGEST, required=True)
    html = Text(max=LONGEST, required=True, allow_none=True)
    message_id = Text(max=320, required=True)
    state = Choice(*MAIL_STATES, required=True)
    attempts = Integer(required=True)
    error = Text(max=250, required=True, allow_none=True)
    created_at = Timestamp(required=True)
    done_at = Timestamp(required=True, allow_none=True)


class MailQuery(PageQuery):
    state = Choice(*MAIL_STATES)
    account_id = Id()
    recipient = Email()
