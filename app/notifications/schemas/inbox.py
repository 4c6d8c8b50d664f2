from app.notifications.kinds import CHANNELS
from app.notifications.models.channels import DELIVERY_STATES
from app.web import Boolean, Choice, Id, Integer, PageQuery, Schema, Text, Timestamp, TimeZone, fields

KIND = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class NotificationSchema(Schema):
    id = Id(required=True)
    sequence = Integer(max=fields.SAFE, required=True)
    position = Integer(max=fields.SAFE, required=True)
    kind = Text(max=100, required=True)
    count = Integer(required=True)
    title = Text(max=250, required=True)
    body = Text(max=2000, required=True)
    link = Text(max=1000, required=True, allow_none=True)
    data = fields.Dict(required=True)
    read_at = Timestamp(required=True, allow_none=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)


class NotificationsQuery(PageQuery):
    unread = Boolean()
    kind = Text(max=100, pattern=KIND)


class SummarySchema(Schema):
    sequence = Integer(max=fields.SAFE, required=True)
    unread = Integer(required=True)


class ReadAll(Schema):
    until = Integer(min=0, max=fields.SAFE, required=True)


class ReadSchema(Schema):
    read = Integer(required=True)


class ChannelsSchema(Schema):
    app = Boolean(required=True)
    push = Boolean(required=True)
    mail = Boolean(required=True)
    sms = Boolean(required=True)
    webhook = Boolean(required=True)


ChannelsPatch = ChannelsSchema.patch("ChannelsPatch")


class PreferenceSchema(Schema):
    kind = Text(max=100, required=True)
    summary = Text(max=250, required=True)
    channels = fields.Nested(ChannelsSchema, required=True)


class QuietHoursSchema(Schema):
    zone = Text(max=60, required=True, allow_none=True)
    starts = Text(max=5, required=True, allow_none=True)
    ends = Text(max=5, required=True, allow_none=True)


class NewQuietHours(Schema):
    zone = TimeZone(required=True)
    starts = Text(max=5, pattern=CLOCK, required=True)
    ends = Text(max=5, pattern=CLOCK, required=True)


class DeliverySchema(Schema):
    id = Id(required=True)
    channel = Choice(*CHANNELS, required=True)
    target = Text(max=40, required=True)
    state = Choice(*DELIVERY_STATES, required=True)
    attempts = Integer(required=True)
    error = Text(max=250, required=True, allow_none=True)
    created_at = Timestamp(required=True)
    done_at = Timestamp(required=True, allow_none=True)
