"""Hands one mail to the mail server and says what became of it."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from app.notifications.models import Mail
from app.notifications.settings import MailServer

TIMEOUT = 20.0


class Outcome(NamedTuple):
    """``sent``, ``later`` (try again), ``bounced`` (no such recipient) or ``failed`` (this mail will never be taken)."""

    outcome: str
    detail: str = ""


def offer(mail: Mail, server: MailServer, sender: str) -> Outcome:
    """RFC 5321: 4xx and broken connections pass, 5xx about the recipient are for good."""
    try:
        with connected(server) as smtp:
            smtp.send_message(message(mail, sender), parseaddr(sender)[1], [mail.recipient])
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = refused.recipients[mail.recipient]
        return Outcome("bounced" if 500 <= code < 600 else "later", sentence(code, said))
    except smtplib.SMTPAuthenticationError as refused:
        # The operator's mistake, not the mail's: it waits until that is put right.
        return Outcome("later", f"{refused.smtp_code} the mail server refused the log-in")
    except smtplib.SMTPResponseException as refused:
        code, said = refused.smtp_code, refused.smtp_error
        if not 500 <= code < 600:
            return Outcome("later", sentence(code, said))
        # Some servers look for the recipient only once they have the whole mail: 550 5.1.x.
        gone = isinstance(refused, smtplib.SMTPDataError) and code == 550 and b"5.1." in as_bytes(said)
        return Outcome("bounced" if gone else "failed", sentence(code, said))
    except (OSError, smtplib.SMTPException) as broken:
        return Outcome("later", f"{type(broken).__name__}: the mail server could not be reached safely")
    return Outcome("sent")


def connected(server: MailServer) -> smtplib.SMTP:
    """A session that is encrypted and logged in, as far as the settings ask for it."""
    if server.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def message(mail: Mail, sender: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = mail.recipient
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.created_at)
    made["Message-ID"] = mail.message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text)
    if mail.html is not None:
        made.add_alternative(mail.html, subtype="html")
    return made


def sentence(code: int, said: bytes | str) -> str:
    return " ".join(f"{code} {as_bytes(said).decode('utf-8', 'replace')}".split())[:250]


def as_bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
