"""Entity tags (RFC 9110, section 8.8.3): the version of a row with a digest of what was shown of it, or a digest alone."""

import hashlib
import re

from app.db.versions import Precondition
from app.errors import BadRequest, PreconditionRequired

PATTERN = r'^(\*|(W/)?"[\x21\x23-\x7e]{0,100}"( ?, ?(W/)?"[\x21\x23-\x7e]{0,100}"){0,9})$'
"""What an If-Match or If-None-Match header may look like."""

_valid = re.compile(PATTERN)
_tags = re.compile(r'(W/)?"([\x21\x23-\x7e]{0,100})"')


def of_version(version: int, body: bytes) -> str:
    """A change is checked against the version before the dot; a read against the whole: what two people see of a row differs."""
    return f'"{version}.{hashlib.blake2b(body, digest_size=6).hexdigest()}"'


def of_body(body: bytes) -> str:
    """A weak tag: the same bytes today need not mean the same list tomorrow."""
    return f'W/"{hashlib.blake2b(body, digest_size=9).hexdigest()}"'


def precondition(header: str | None) -> Precondition:
    """Read If-Match. Weak tags never match (RFC 9110, section 13.1.1)."""
    if header is None:
        raise PreconditionRequired()
    if not _valid.match(header) or "\n" in header:
        raise BadRequest("The If-Match header is malformed.", errors={"/header/If-Match": 'Must be "<version>" or *.'})
    if header == "*":
        return Precondition(None)
    return Precondition(frozenset(tag.partition(".")[0] for weak, tag in _tags.findall(header) if not weak))


def unchanged(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag; the comparison is weak (RFC 9110, section 13.1.2)."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    wanted = tag.removeprefix("W/").strip('"')
    return any(found == wanted for _, found in _tags.findall(header))
