"""The worker's part of mail."""

import datetime as dt
import logging
import uuid

import sqlalchemy as sa
from flask import current_app

from app.background import background
from app.extensions import db
from app.notifications import mail_service, smtp
from app.notifications.models import Bounce, Mail

log = logging.getLogger(__name__)

KEPT, SHOWN, HELD_BACK = dt.timedelta(days=90), dt.timedelta(days=7), dt.timedelta(days=180)


@background("notifications.deliver_mail")
def deliver_mail(mail_id: str) -> None:
    """Offer a mail to the mail server. What can pass is tried again by a later call, written with the attempt."""
    mail = mail_service.to_send(uuid.UUID(mail_id))
    server = current_app.config["NOTIFICATIONS_SMTP_URL"]
    if mail is None:
        return
    if server is None:
        mail.state = "kept"
    elif reason := mail_service.bounced(mail.recipient):
        mail_service.finish(mail, "bounced", f"held back, the address has bounced: {reason}")
    else:
        outcome, detail = smtp.offer(mail, server, current_app.config["NOTIFICATIONS_MAIL_FROM"])
        again = mail_service.note(mail, outcome, detail)
        log.log(logging.INFO if outcome == "sent" else logging.WARNING, "mail %s: %s", mail.id, outcome)
        if again is not None:
            deliver_mail.enqueue(run_at=again, mail_id=mail_id)


@background("notifications.purge_mail", every=dt.timedelta(hours=1))
def purge_mail() -> None:
    """Forget mail after ninety days, what was only kept after seven, and bounces after half a year."""
    now = sa.func.now()
    old = sa.or_(Mail.done_at < now - KEPT, sa.and_(Mail.state == "kept", Mail.created_at < now - SHOWN))
    db.session.execute(sa.delete(Mail).where(old))
    db.session.execute(sa.delete(Bounce).where(Bounce.at < now - HELD_BACK))
