"""Which passwords are taken: NIST SP 800-63B, section 5.1.1.2. Length counts, composition does not, guessable ones are refused."""

import functools
import gzip
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from app.auth import breached
from app.errors import Conflict

SHORTEST, LONGEST = 8, 128
COMMON = Path(__file__).parent / "data" / "common_passwords.txt.gz"
SERVICE = ("zero2hero",)
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
)
REPEATED = re.compile(r"(.{1,4}?)\1+")


class PasswordRefused(Conflict):
    title = "This password is too easy to guess."


def normalise(password: str) -> str:
    """The same keys pressed on two machines may arrive in two forms: NFC is the one that is hashed."""
    return unicodedata.normalize("NFC", password)


def check(password: str, *, email: str, name: str, at: str = "/password") -> str:
    """The password as it is to be hashed. Raises PasswordRefused, which says why about the place ``at`` of the request."""
    password = normalise(password)
    if reason := weakness(password, email, name):
        raise PasswordRefused(errors={at: reason})
    return password


def weakness(password: str, email: str, name: str) -> str | None:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"Must have {SHORTEST} to {LONGEST} characters."
    folded = password.casefold()
    if folded in common() or is_pattern(folded):
        return "It is one of those that are tried first."
    if len(without(folded, personal(email, name))) < SHORTEST:
        return "Most of it is your name or address."
    if breached.known(password):
        return "It is in a list of stolen passwords."
    return None


@functools.cache
def common() -> frozenset[str]:
    return frozenset(gzip.decompress(COMMON.read_bytes()).decode().split("\n"))


def is_pattern(folded: str) -> bool:
    """One to four characters over and over, or a row of the keyboard or the alphabet, in either direction."""
    if REPEATED.fullmatch(folded):
        return True
    return any(folded in row * 2 or folded in row[::-1] * 2 for row in ROWS)


def personal(email: str, name: str) -> list[str]:
    """Words that whoever knows the person would try: the longest first."""
    parts = {*words(email.rpartition(".")[0]), *words(name), *SERVICE, email, email.partition("@")[0], name}
    return sorted({part.casefold() for part in parts if len(part) >= 3}, key=len, reverse=True)


def words(text: str) -> Iterable[str]:
    return re.findall(r"[^\W_]{3,}", text)


def without(folded: str, parts: Iterable[str]) -> str:
    for part in parts:
        folded = folded.replace(part, "")
    return folded
