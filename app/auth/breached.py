"""Is a password among stolen ones? Asked by k-anonymity: five digits of its SHA-1 leave this house, the rest is compared here.

The protocol is that of Have I Been Pwned's range API (v3): `GET <AUTH_BREACHED_URL><prefix>` answers lines of `SUFFIX:COUNT`,
padded with lines whose count is 0. Without an answer the password is taken: whoever can disturb the look-up must not be able
to keep people from signing up.
"""

import hashlib
import logging

from flask import current_app

log = logging.getLogger(__name__)

PREFIX = 5


def known(password: str) -> bool:
    url = current_app.config["AUTH_BREACHED_URL"]
    if not url:
        return False
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    return digest[PREFIX:] in suffixes(f"{url.rstrip('/')}/{digest[:PREFIX]}")


def suffixes(url: str) -> set[str]:
    from app import http

    try:
        reply = http.request("GET", url, service="breached", headers={"Add-Padding": "true"}, timeout=3.0, private=True)
    except (http.Away, http.Refused) as error:
        log.warning("stolen passwords cannot be asked for: %s", type(error).__name__)
        return set()
    if reply.status != 200:
        log.warning("stolen passwords cannot be asked for: status %d", reply.status)
        return set()
    lines = [line.partition(":") for line in reply.body.decode("ascii", "replace").split()]
    return {suffix.upper() for suffix, _, count in lines if count.strip("0")}
