"""By mail, to the account's address: a row of the mail outbox, which has retries and a log of its own."""

import uuid
from collections.abc import Sequence

from app.accounts import get
from app.notifications.channels.base import Message, Outcome
from app.notifications.mail_service import send_mail


class MailChannel:
    def targets(self, account_id: uuid.UUID) -> Sequence[str]:
        return [str(account_id)]

    def deliver(self, message: Message, recipient: str) -> Outcome:
        data = {"title": message.title, "body": message.body, "link": message.link}
        send_mail(get(message.account_id).email, "notifications.notification", data, account_id=message.account_id)
        return Outcome("sent", "handed to the mail outbox")
