"""What was written to a person, for their archive; what mail said is not kept, for it may hold secret links."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.notifications.models import Mail

MAIL = (Mail.id, Mail.recipient, Mail.template, Mail.subject, Mail.state, Mail.created_at, Mail.done_at)


def export(account_id: uuid.UUID) -> Mapping[str, Iterable[Any]]:
    return {"mail": db.session.execute(sa.select(*MAIL).where(Mail.account_id == account_id).order_by(Mail.id))}
