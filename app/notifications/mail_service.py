"""Mail is a row first: written in the unit of work of what it tells of, sent by a worker after the commit."""

import datetime as dt
import logging
import re
import uuid
from collections.abc import Mapping
from email.utils import make_msgid, parseaddr
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.accounts import normalise
from app.db import Search, new_id
from app.extensions import db
from app.notifications import templates
from app.notifications.models import Bounce, Mail, MailAttempt

log = logging.getLogger(__name__)

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = 15, 3600
"""Seconds; the pause doubles, so that twelve attempts take about four hours."""

OUTBOX = Search(
    columns=(
        Mail.id, Mail.account_id, Mail.recipient, Mail.template, Mail.subject, Mail.text, Mail.html, Mail.message_id, Mail.state,
        Mail.attempts, Mail.error, Mail.created_at, Mail.done_at,
    ),
    where=lambda: (),
    filters={
        "state": (lambda value: Mail.state == value, Mail.state),
        "account_id": (lambda value: Mail.account_id == value, Mail.account_id),
        "recipient": (lambda value: Mail.recipient == value, Mail.recipient),
    },
    key=Mail.id,
)  # fmt: skip


class BadAddress(ValueError):
    """No mail goes there: an address is one word with an @, and nothing that could become another header."""


def send_mail(to: str, template: str, data: Mapping[str, Any], *, account_id: uuid.UUID | None = None) -> None:
    """Write a mail into the open unit of work; a worker sends it once that has committed.

    At least once: after a crash in the wrong moment a mail can arrive twice, with the same Message-ID. Without the
    setting NOTIFICATIONS_SMTP_URL it is kept here, for :func:`outbox`. Raises BadAddress, LookupError without a template.
    """
    from app.notifications.mail_delivery import deliver_mail

    if len(to) > 254 or not ADDRESS.fullmatch(to):
        raise BadAddress("This is not an address that mail can be sent to.")
    written = templates.write(template, data)
    server = current_app.config["NOTIFICATIONS_SMTP_URL"]
    mail = Mail(
        id=new_id(),
        account_id=account_id,
        recipient=to,
        template=template,
        message_id=make_msgid(domain=parseaddr(current_app.config["NOTIFICATIONS_MAIL_FROM"])[1].rpartition("@")[2]),
        state="queued" if server else "kept",
        **written._asdict(),
    )
    db.session.add(mail)
    db.session.flush()
    if server:
        deliver_mail.enqueue(mail_id=str(mail.id))
    else:
        log.info("mail %s (%s) stays in the local outbox: NOTIFICATIONS_SMTP_URL is not set", mail.id, template)


def to_send(mail_id: uuid.UUID) -> Mail | None:
    """The mail, locked, if it still waits to be sent."""
    return db.session.scalars(sa.select(Mail).where(Mail.id == mail_id, Mail.state == "queued").with_for_update()).one_or_none()


def bounced(address: str) -> str | None:
    """Why mail to this address is held back, if it is."""
    return db.session.scalar(sa.select(Bounce.reason).where(Bounce.address == normalise(address)))


def note(mail: Mail, outcome: str, detail: str = "") -> dt.datetime | None:
    """Write down how an attempt ended. Returns when to try again, if at all."""
    mail.attempts += 1
    db.session.add(MailAttempt(mail_id=mail.id, number=mail.attempts, outcome=outcome, detail=detail[:250]))
    if outcome == "later" and mail.attempts < ATTEMPTS:
        mail.error = detail[:250]
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=min(FIRST_PAUSE * 2 ** (mail.attempts - 1), LONGEST_PAUSE))
    finish(mail, "failed" if outcome == "later" else outcome, detail)
    if outcome == "bounced":
        row = {"address": normalise(mail.recipient), "account_id": mail.account_id, "reason": detail[:250]}
        db.session.execute(insert(Bounce).values(row).on_conflict_do_nothing())
    return None


def finish(mail: Mail, state: str, error: str = "") -> None:
    """The mail has left or never will: what it said goes, for it may hold secret links."""
    mail.state, mail.error, mail.done_at = state, (error[:250] or None) if state != "sent" else None, dt.datetime.now(dt.UTC)
    mail.text, mail.html = "", None
    db.session.flush()


def outbox(filters: Mapping[str, Any]):
    """Mail, the newest first."""
    return OUTBOX.listing(filters, sort="-")


def unbounce(address: str) -> None:
    """The address takes mail again."""
    db.session.execute(sa.delete(Bounce).where(Bounce.address == normalise(address)))


def forget_mail(account_id: uuid.UUID) -> None:
    db.session.execute(sa.delete(Mail).where(Mail.account_id == account_id))
    db.session.execute(sa.delete(Bounce).where(Bounce.account_id == account_id))
