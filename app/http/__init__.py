"""Outbound HTTP: never longer than asked, never more than asked, never to where users must not send us.

    reply = http.request("POST", url, service="stripe", body=b"…", timeout=5.0)

Every answer is a :class:`Reply`, whatever its status; a redirect is one, too, and is not followed.
"""

from app.http.address import check
from app.http.breaker import breakers
from app.http.client import Reply, request
from app.http.errors import Away, Refused, TooLarge

__all__ = ["Away", "Refused", "Reply", "TooLarge", "breakers", "check", "request"]
