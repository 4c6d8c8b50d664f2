"""Who somebody is, as a provider says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.auth.social.trouble import Distrusted
from app.web.fields import EMAIL


@dataclass(frozen=True)
class Claimed:
    """``verified`` only where the provider vouches for the address as of now."""

    issuer: str
    subject: str
    email: str | None
    verified: bool
    name: str


def claimed(issuer: str, subject: Any, profile: Mapping[str, Any], *, verified: bool) -> Claimed:
    """What is usable of a profile: an address that mail servers take, a name that fits. Raises Distrusted without a subject."""
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or "\0" in subject:
        raise Distrusted("no usable subject")
    email = address(profile.get("email"))
    return Claimed(issuer, subject, email, verified and email is not None, name_of(profile.get("name"), email))


def address(value: Any) -> str | None:
    usable = isinstance(value, str) and 6 <= len(value) <= 254 and re.fullmatch(EMAIL, value)
    return value if usable else None


def name_of(value: Any, email: str | None) -> str:
    """One line of at most 100 characters; the front of the address where there is no name."""
    name = " ".join(value.split()) if isinstance(value, str) else ""
    clean = "".join(c for c in name if c.isprintable() and not "\ud800" <= c <= "\udfff")[:100].strip()
    return clean or (email or "").partition("@")[0][:100] or "Somebody"
