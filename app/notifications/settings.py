"""What operators say about mail."""

import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. ``tls`` is `implicit`, `starttls` or `off`."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


def mail_server(value: str) -> MailServer:
    """smtp://user:password@host:587 (STARTTLS) or smtps://…:465; `?starttls=off` for a relay in one's own network.

    On loopback STARTTLS is off from the start. A password never travels unencrypted to another machine.
    """
    try:
        url = urlsplit(value.strip())
        port = url.port
    except ValueError:
        raise ValueError("must be an smtp:// or smtps:// address") from None
    if url.scheme not in {"smtp", "smtps"} or not url.hostname or url.path.strip("/"):
        raise ValueError("must be an smtp:// or smtps:// address")
    asked = parse_qs(url.query).get("starttls", ["off" if url.hostname in LOOPBACK else "on"])[-1]
    if asked not in {"on", "off"}:
        raise ValueError("has a starttls that is neither on nor off")
    tls = "implicit" if url.scheme == "smtps" else {"on": "starttls", "off": "off"}[asked]
    if url.username and tls == "off" and url.hostname not in LOOPBACK:
        raise ValueError("would send a password unencrypted: leave starttls on")
    return MailServer(
        url.hostname, port or (465 if tls == "implicit" else 587), tls, unquote(url.username or ""), unquote(url.password or "")
    )


def sender(value: str) -> str:
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,250}", value) or not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1]):
        raise ValueError("must be an address, or a name and an address: Shop <shop@example.com>")
    return value


def locale(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", value):
        raise ValueError("must be a language like en, de or pt_BR")
    return value
